import Foundation
import TestSupport
import Testing

/// What `make install` puts somewhere, installed once for all tests.
struct Installation {
  /// The directory that is given as PREFIX.
  static let prefix = "/opt/wasm tools"

  /// Where the files are staged.
  let root: String

  var path: String { root + Self.prefix }
  var executable: String { path + "/bin/wasmprecompile" }

  static let shared = Result { try Installation(root: TemporaryRoot.path + "/installed") }

  private init(root: String) throws {
    self.root = root
    let run = try Self.make("install", root: root).run()
    try #require(run.ending == .exited(0), "\(run.output)\(run.errors)")
  }

  /// `make install` or `make uninstall` with the executable that was built for the tests, whose age is nobody's business.
  static func make(_ target: Argument, root: String) throws -> Command {
    let package = "\(EngineUnderTest.packageRoot)"
    let executable = "\(try BuiltExecutable.path())"
    return Command(
      program: "make",
      arguments: [
        "-o", Argument(executable), target, "EXECUTABLE=\(executable)", "REMOTE=", "DESTDIR=\(root)",
        "PREFIX=\(prefix)",
      ], environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"], directory: package)
  }

  /// Every file, below the prefix.
  static func files(in root: String) throws -> [String] {
    let path = root + prefix
    return ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).filter { name in
      var status = stat()
      return lstat(path + "/" + name, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
    }.sorted()
  }
}

extension Command {
  /// The same with the installed tool on the PATH.
  func findingInstalledTool() throws -> Command {
    var command = self
    let bin = try Installation.shared.get().path + "/bin"
    command.environment["PATH"] = bin + ":" + (command.environment["PATH"] ?? "/usr/bin:/bin")
    return command
  }
}
