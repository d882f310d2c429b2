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

  private static let directory = Result { try build() }

  private static func build() throws -> String {
    let copy = TemporaryRoot.path + "/examples"
    try FileManager.default.copyItem(atPath: "\(EngineUnderTest.packageRoot)/Examples", toPath: copy)
    try? FileManager.default.removeItem(atPath: copy + "/build")
    _ = try EngineRelease.standard.library()
    let environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": copy,
      "PYTHONPATH": EngineRelease.standard.pythonPath, "PYTHONDONTWRITEBYTECODE": "1",
    ]
    // The root Makefile knows where the toolchain's clang is.
    let show =
      ["-s", "-C", "\(EngineUnderTest.packageRoot)", "--eval=show: ; @echo $(TOOLCHAIN)", "show"] as [Argument]
    let toolchain = try Command(program: "make", arguments: show, environment: environment, directory: copy).run()
    let clang = toolchain.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/clang"
    let make = Command(
      program: "make", arguments: ["-j2", "modules", "CC=\(clang)"], environment: environment, directory: copy)
    let result = try make.run()
    try #require(result.ending == .exited(0), "the modules of Examples/ cannot be built:\n\(result.errors)")
    return copy + "/build"
  }
}
