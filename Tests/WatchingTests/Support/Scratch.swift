import Foundation
import SystemPackage

/// A directory for one test, removed with everything in it.
final class Scratch: Sendable {
  let path: FilePath

  init() throws {
    var template = Array("/tmp/watching-tests.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
    path = FilePath(platformString: made)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path.string)
  }
}

/// File operations that fail loudly, spelled as in a shell.
enum Shell {
  static func mkdir(_ path: FilePath) throws {
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
  }

  static func rm(_ path: FilePath) throws {
    try FileManager.default.removeItem(atPath: path.string)
  }

  static func mv(_ from: FilePath, _ to: FilePath) throws {
    try check(rename(from.string, to.string))
  }

  static func ln(_ from: FilePath, _ to: FilePath) throws {
    try check(link(from.string, to.string))
  }

  static func lnSymbolic(_ target: FilePath, _ name: FilePath) throws {
    try check(symlink(target.string, name.string))
  }

  /// Opens, truncates, writes and closes, as `>` does.
  static func write(_ text: String, to path: FilePath) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }

  static func read(_ path: FilePath) throws -> String {
    try String(contentsOfFile: path.string, encoding: .utf8)
  }

  /// Runs a program to its end and throws if it fails.
  static func run(_ program: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    try process.run()
    process.waitUntilExit()
    struct Failed: Error { var program: String, status: Int32 }
    guard process.terminationStatus == 0 else {
      throw Failed(program: program, status: process.terminationStatus)
    }
  }

  static func isInPath(_ program: String) -> Bool {
    (try? run("sh", "-c", "command -v \(program) >/dev/null")) != nil
  }

  static func check(_ result: Int32) throws {
    guard result == 0 else { throw Errno(rawValue: errno) }
  }
}
