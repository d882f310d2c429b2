import Glibc
import LinuxIO
import Precompiler
import SystemPackage
import TestSupport
import WasmCache
import WasmEngine

@testable import ProgramToolchain

/// Compilers that are shell scripts, and shorthands to compile with them.
struct CompilerFixture {
  let directory: TemporaryDirectory
  let cancellation = Cancellation()
  var options = ProgramToolchain.Options()

  init() throws {
    directory = try TemporaryDirectory()
    options.supervisor = try BuiltExecutable.path().string
  }

  /// A compiler that answers `--version`, and does what a script says with `$1`, the module, and `$2`, the artifact.
  ///
  /// It lies in a directory of its own, `compiler`.
  func compiler(_ script: String, change: (inout CompilerDescription) -> Void = { _ in }) throws -> FoundCompiler {
    if (try? Descriptor.status(of: directory("compiler"))) == nil { try directory.makeDirectory("compiler") }
    let program = try directory.writeProgram(
      """
      if [ "$1" = --version ]; then echo "test compiler 1.2.3"; exit; fi
      \(script)
      """, to: "compiler/testc")
    var description = CompilerDescription(name: "test")
    description.programs = [.init(name: "testc", candidates: [program.string])]
    description.version = [["{testc}", "--version"]]
    description.commands = [["{testc}", "{input}", "{output}"]]
    description.suffix = ".out"
    description.magic = Array("TEST".utf8)
    change(&description)
    return try CompilerSearch(path: ["/usr/bin", "/bin"], home: nil).find(description)
  }

  func toolchain(_ compiler: FoundCompiler, wishes: [CompilerWish] = [CompilerWish.plain]) -> ProgramToolchain {
    ProgramToolchain(compiler, wishes: wishes, options: options, cancellation: cancellation)
  }

  /// A module that only this test has.
  func module(_ bytes: [UInt8] = WasmBinary.empty) throws -> LoadedModule {
    try ModuleReader(limit: 1 << 20).load(directory.write(bytes, to: "module.wasm"))
  }

  /// Compiles the empty module with a script.
  ///
  /// - Returns: the artifact as text, and after it what the script wrote.
  func compile(
    _ script: String, seconds: Double = 60, change: (inout CompilerDescription) -> Void = { _ in }
  ) throws -> String {
    let toolchain = toolchain(try compiler(script, change: change))
    return try compile(with: toolchain, seconds: seconds)
  }

  func compile(with toolchain: ProgramToolchain, wish: Int = 0, seconds: Double = 60) throws -> String {
    let resolution = try toolchain.resolve(lanes: 1)
    defer { toolchain.finish() }
    let deadline = MonotonicInstant.now().adding(seconds: seconds)
    let session = try toolchain.openSession(
      for: resolution.identities.map { try $0.get() }, origin: .any, lanes: 1, deadline: deadline)
    let artifact = try session.compile(
      try module(), wish: wish, threads: 2, deadline: .now().adding(seconds: seconds), timeout: seconds)
    return String(decoding: artifact.contents.bytes, as: UTF8.self)
  }

  /// The failure of a compilation; nil if it succeeds.
  func failure(
    _ script: String, seconds: Double = 60, change: (inout CompilerDescription) -> Void = { _ in }
  ) throws -> ModuleFailure? {
    do {
      _ = try compile(script, seconds: seconds, change: change)
      return nil
    } catch let failure as ModuleFailure {
      return failure
    }
  }

  /// The identity that a compiler has now.
  func identity(_ compiler: FoundCompiler, _ wish: CompilerWish = .plain) throws -> ArtifactIdentity {
    let toolchain = toolchain(compiler, wishes: [wish])
    defer { toolchain.finish() }
    guard let first = try toolchain.resolve(lanes: 1).identities.first else { throw Errno.invalidArgument }
    return try first.get()
  }
}

extension CompilerWish {
  static let plain = CompilerWish(EngineSettings(backend: Backend(rawValue: "test")))
}
