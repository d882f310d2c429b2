import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A directory for one test, with a home and a cache that nobody else has, and the tool to run in it.
final class Sandbox {
  let path: String
  /// The tool under test.
  let executable: String
  /// Carried by every process that is started here, and by whatever those start.
  let mark = UUID().uuidString
  static let markName = "WASMPRECOMPILE_TEST_MARK"

  /// Runs a test in a sandbox of its own. Whatever the test did, no process may be left of it.
  static func use(_ location: SourceLocation = #_sourceLocation, _ body: (Sandbox) throws -> Void) throws {
    let sandbox = try Sandbox()
    try body(sandbox)
    sandbox.expectNoProcess(location)
  }

  /// The engine that the tool finds beside itself.
  var installedEngine: String {
    URL(filePath: executable).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "lib/wasmprecompile/libwasmtime.so").path
  }

  private init() throws {
    executable = "\(try BuiltExecutable.path())"
    path = TemporaryRoot.path + "/" + mark
    for name in ["", "/home", "/work"] {
      try FileManager.default.createDirectory(atPath: path + name, withIntermediateDirectories: false)
    }
  }

  deinit {
    // Directories that a test locked have to be opened before they can be removed.
    for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
      var status = stat()
      if lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { chmod(path + "/" + name, 0o700) }
    }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Where commands run.
  var work: String { path + "/work" }
  var cache: String { path + "/home/.cache/wasmprecompile" }

  var environment: [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": path + "/home",
      "XDG_CACHE_HOME": path + "/home/.cache", Self.markName: mark,
    ]
  }

  // MARK: Commands

  func tool(_ arguments: Argument...) -> Command { tool(arguments) }

  func tool(_ arguments: [Argument]) -> Command { command(executable, arguments) }

  func command(_ program: String, _ arguments: [Argument]) -> Command {
    Command(program: program, arguments: arguments, environment: environment, directory: work)
  }

  /// Runs the tool and expects it to succeed.
  @discardableResult
  func succeed(_ arguments: Argument..., location: SourceLocation = #_sourceLocation) throws -> CommandResult {
    try succeed(arguments, location: location)
  }

  @discardableResult
  func succeed(_ arguments: [Argument], location: SourceLocation = #_sourceLocation) throws -> CommandResult {
    let result = try tool(arguments).run(location)
    #expect(result.ending == .exited(0), "\(result.errors)", sourceLocation: location)
    return result
  }

  // MARK: Files

  /// Writes a file below the working directory, making the directories it is in.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = FilePath(work + "/" + name)
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    // Not through Foundation: a program that another test starts meanwhile would inherit the open file, which then counts
    // as being written for as long as that program runs.
    try bytes.write(to: file)
    return name
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: work + "/" + name, withDestinationPath: target)
  }

  /// Gives a file in the working directory a name that need not be text.
  func rename(_ name: String, to bytes: [UInt8]) throws {
    let target = (Array((work + "/").utf8) + bytes + [0]).map { CChar(bitPattern: $0) }
    try #require(Glibc.rename(work + "/" + name, target) == 0)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: work + "/" + name) }

  /// Empties the cache.
  func removeCache() throws { try FileManager.default.removeItem(atPath: cache) }

  // MARK: What the cache holds

  /// The names of the cache's engine directories, sorted.
  var engines: [String] { names("engines") }
  /// The names of files that were not published, those of living writers included.
  var temporaryFiles: [String] { names("tmp") }

  func entries(_ engine: String) -> [String] { names("engines/" + engine).filter { $0.hasSuffix(".cwasm") } }

  private func names(_ directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: cache + "/v1/" + directory)) ?? []).sorted()
  }

  // MARK: Processes

  /// Waits until every process that was started here has ended, and complains if one does not.
  func expectNoProcess(_ location: SourceLocation = #_sourceLocation) {
    let ended = eventually { Processes.marked(mark).isEmpty }
    if !ended {
      let left = Processes.marked(mark)
      Issue.record("still alive: \(left.map(Processes.commandLine))", sourceLocation: location)
      for id in left { kill(id, SIGKILL) }
    }
  }

  /// Waits for a compile child that has a module in its hands; nil if there is none.
  func busyChild(of command: RunningCommand, _ location: SourceLocation = #_sourceLocation) throws -> pid_t {
    var child: pid_t?
    let found = eventually {
      child = Processes.marked(mark).first { Processes.parent($0) == command.id && Processes.isCompiling($0) }
      return child != nil
    }
    #expect(found, "no child compiles:\n\(command.errorsSoFar)", sourceLocation: location)
    return try #require(child)
  }
}

/// Looks again and again until something holds that no event tells of; false if it never does.
///
/// A minute and more, counted in looks: while the tests are suspended, no time goes by for them. Looks that take long are
/// fewer.
func eventually(_ condition: () -> Bool) -> Bool {
  let start = ContinuousClock.now
  let longest = Duration.seconds(300 * Sanitizer.slowdown)
  for _ in 0..<30_000 * Sanitizer.slowdown where start.duration(to: .now) < longest {
    if condition() { return true }
    usleep(2_000)
  }
  return condition()
}
