import Foundation
import TestSupport
import Testing

/// A host in Python that loads through one of the loaders that are installed for hosts.
struct HostLoader: CustomStringConvertible, Sendable {
  enum Language: String, CaseIterable, Sendable {
    case python
    case c
  }

  let language: Language
  let release: EngineRelease

  /// Every loader with every release that the tests load.
  static let all = EngineUnderTest.versions.flatMap { version in
    Language.allCases.map { HostLoader(language: $0, release: EngineRelease(version: version)) }
  }
  static let standard = Language.allCases.map { HostLoader(language: $0, release: .standard) }

  var description: String { "\(language.rawValue), wasmtime \(release)" }

  static let sources = "\(EngineUnderTest.packageRoot)/Sources/Integrations"
  private static let scripts = "\(EngineUnderTest.packageRoot)/Tests/HostLoaders"

  /// The loader in C as a library that Python can call. It gets the engine of Python's own wasmtime.
  static let library = Result { try build("loader") }

  /// The same without the processor's own instructions.
  static let portableLibrary = Result { try build("portable", "-DWASMPRECOMPILE_PORTABLE") }

  private static func build(_ name: String, _ flags: Argument...) throws -> String {
    let path = TemporaryRoot.path + "/wasmprecompile-\(name).so"
    let compiler = Command(
      program: try Examples.compiler.get(),
      arguments: [
        "-std=c11", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-o", Argument(path),
        Argument(sources + "/c/wasmprecompile.c"),
      ] + flags, environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"],
      directory: sources)
    let result = try compiler.run()
    try #require(result.ending == .exited(0), "the loader cannot be built:\n\(result.errors)")
    return path
  }

  /// - Parameter library: the loader in C, built in another way.
  func command(
    _ cache: String, _ arguments: [Argument], in box: Sandbox, library: String? = nil
  ) throws -> Command {
    let loader = language == .python ? "python" : try library ?? Self.library.get()
    return python([Argument(Self.scripts + "/host.py"), Argument(loader), Argument(cache)] + arguments, in: box)
  }

  /// Runs a script of this release's Python.
  func python(_ arguments: [Argument], in box: Sandbox) -> Command {
    var python = box.command("python3", arguments)
    python.environment["PYTHONPATH"] = release.pythonPath
    python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return python
  }

  /// The lines that the host prints; it looks into the sandbox's cache.
  func lines(
    _ arguments: Argument..., in box: Sandbox, _ location: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    try lines(arguments, in: box, location)
  }

  func lines(
    _ arguments: [Argument], in box: Sandbox, _ location: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let run = try command(box.cache, arguments, in: box).run(location)
    #expect(run.ending == .exited(0), "\(run.errors)", sourceLocation: location)
    return run.outputLines
  }

  /// Changes bits of artifacts, each tried by both loaders; a line says how many were loaded.
  static func flipBits(_ count: Int, release: EngineRelease, in box: Sandbox) throws -> CommandResult {
    var flips = HostLoader(language: .c, release: release).python(
      [Argument(scripts + "/flip_bits.py"), "\(count)", "7", Argument(try library.get())], in: box)
    flips.deadline = 600
    return try flips.run()
  }
}
