import Foundation
import TestSupport
import Testing

/// The modules of Examples/, built once for all tests from a copy, so that a checkout stays as it is.
enum Examples {
  /// Each with what Python's client is to get from it: known facts, and for the points, what Python counts itself.
  static let results = [
    ("dot", "280"), ("gcd", "21"), ("mandelbrot", "3875"), ("primes", "9592"),
    ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), ("slug", "hello-world-2-of-3"),
  ]

  /// Copies the modules into a directory of a sandbox.
  static func copy(to name: String, in sandbox: Sandbox) throws {
    let built = try directory.get()
    try FileManager.default.copyItem(atPath: built, toPath: sandbox.work + "/" + name)
  }

  /// The directory of the toolchain's clang and wasm-ld, which the root Makefile knows.
  static func toolchain() throws -> String { try toolchainDirectory.get() }

  private static let toolchainDirectory = Result {
    try run("make", "-s", "--eval=show: ; @echo $(TOOLCHAIN)", "show", in: "\(EngineUnderTest.packageRoot)")
  }

  private static let directory = Result { try build() }

  /// The toolchain's C compiler.
  static let compiler = Result { try toolchain() + "/clang" }

  private static func build() throws -> String {
    _ = try EngineRelease.standard.library()
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    // By cp, because FileManager copies the owner, too, which not everyone may.
    _ = try run(
      "cp", "-R", "src", "Makefile", "wat2wasm.py", "\(copy)", in: "\(EngineUnderTest.packageRoot)/Examples")
    _ = try run("make", "-j2", "modules", "CC=\(compiler.get())", in: copy)
    return copy + "/build"
  }

  private static let copy = TemporaryRoot.path + "/examples"

  private static func run(_ program: String, _ arguments: Argument..., in directory: String) throws -> String {
    let environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": TemporaryRoot.path,
      "PYTHONPATH": EngineRelease.standard.pythonPath, "PYTHONDONTWRITEBYTECODE": "1",
    ]
    let result = try Command(
      program: program, arguments: arguments, environment: environment, directory: directory
    ).run()
    try #require(result.ending == .exited(0), "the modules of Examples/ cannot be built:\n\(result.errors)")
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
