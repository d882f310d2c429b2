internal import Glibc
package import SystemPackage

/// The executable that was built together with the tests.
package enum BuiltExecutable {
  /// The path of `wasmprecompile`, which lies beside the running test runner.
  package static func path() throws -> FilePath {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard readlink("/proc/self/exe", &target, target.count - 1) > 0 else { throw Errno(rawValue: errno) }
    let runner = target.withUnsafeBufferPointer { text in
      text.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
    }
    let executable = runner.removingLastComponent().appending("wasmprecompile")
    guard executable.withPlatformString({ access($0, X_OK) }) == 0 else { throw Missing(path: executable) }
    return executable
  }

  private struct Missing: Error, CustomStringConvertible {
    let path: FilePath
    var description: String { "there is no \(path): the tests must be built with `swift build --build-tests`" }
  }
}
