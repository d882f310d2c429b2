internal import Glibc
package import SystemPackage

/// The engine libraries that set-up fetches at pinned versions.
package enum EngineUnderTest {
  /// The release that the tool uses by default.
  package static let version = "50.0.1"

  /// Every release that the tests load, oldest first.
  package static let versions = ["24.0.0", "36.0.0", "48.0.0", "50.0.1"]

  #if arch(x86_64)
    package static let hostTriple = "x86_64-unknown-linux-gnu"
    private static let architecture = "x86_64"
  #elseif arch(arm64)
    package static let hostTriple = "aarch64-unknown-linux-gnu"
    private static let architecture = "aarch64"
  #endif

  /// The path of a release's library.
  package static func library(_ version: String = version) throws -> FilePath {
    let path = packageRoot.appending(
      ".build/engines/wasmtime-\(version)/wasmtime/linux-\(architecture)/_libwasmtime.so")
    guard path.withPlatformString({ access($0, R_OK) }) == 0 else { throw Missing(path: path) }
    return path
  }

  private struct Missing: Error, CustomStringConvertible {
    let path: FilePath
    var description: String { "there is no engine \(path): run `make setup setup-tests` first" }
  }

  /// The directory of `Package.swift`.
  package static let packageRoot = FilePath(#filePath)
    .removingLastComponent().removingLastComponent().removingLastComponent()
}
