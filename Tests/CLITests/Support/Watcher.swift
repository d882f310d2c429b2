import Foundation
import Glibc
import TestSupport
import Testing

/// A running `--watch` of the directory `tree` that has said it is ready.
struct Watcher {
  let command: RunningCommand
  private let sandbox: Sandbox

  /// - Parameters:
  ///   - modules: how many different ones are there at the start; nil for a quiet watcher, which does not say.
  ///   - wrapper: a program in front, see ``Command/wrapped(in:)``.
  init(
    in sandbox: Sandbox, _ options: Argument..., modules: Int?, wrapper: [Argument] = [],
    environment: [String: String] = [:], deadline: Double = 120, _ location: SourceLocation = #_sourceLocation
  ) throws {
    self.sandbox = sandbox
    try FileManager.default.createDirectory(atPath: sandbox.work + "/tree", withIntermediateDirectories: true)
    var tool = sandbox.tool(["--watch", "--backend", "winch"] + options + ["tree"])
    tool.environment.merge(environment) { $1 }
    tool.deadline = deadline
    command = try (wrapper.isEmpty ? tool : tool.wrapped(in: wrapper)).start(location)
    guard let modules else { return }
    // A file may count as being written for the moment in which some other test forks, and then comes a little later.
    let isReady = eventually {
      lines.contains { $0.hasPrefix("ready: watching ") } && lines.count { $0.hasPrefix("compiled ") } >= modules
    }
    #expect(isReady, "\(command.errorsSoFar)", sourceLocation: location)
  }

  /// The lines so far, with times and sizes masked.
  var lines: [String] { command.errorsSoFar.masked.lines }

  /// How often a module below `tree` was compiled so far.
  func compilations(_ name: String) -> Int {
    command.errorsSoFar.lines.count { $0.hasPrefix("compiled tree/\(name) with ") }
  }

  func expect(_ line: String, _ location: SourceLocation = #_sourceLocation) {
    #expect(eventually { lines.contains(line) }, "\(line)\n\(command.errorsSoFar)", sourceLocation: location)
  }

  func expectCompiled(_ name: String, times: Int = 1, _ location: SourceLocation = #_sourceLocation) {
    #expect(
      eventually { compilations(name) >= times }, "\(name)\n\(command.errorsSoFar)", sourceLocation: location)
  }

  /// Waits until everything that was done before has been noticed: two more changes, one after the other, are in the
  /// longest queue behind it, which is that of names that appear without being written.
  func catchUp(_ location: SourceLocation = #_sourceLocation) throws {
    for _ in 1...2 {
      let number = Int.random(in: 1 << 24..<1 << 30)
      let name = "caught-up-\(number).wasm"
      try sandbox.write(WasmBinary.returning(number), to: name)
      try #require(link(sandbox.work + "/" + name, sandbox.work + "/tree/" + name) == 0, sourceLocation: location)
      expectCompiled(name, location)
    }
  }

  /// Ends it as Ctrl-C does.
  @discardableResult
  func stop(_ location: SourceLocation = #_sourceLocation) -> CommandResult {
    command.send(SIGINT)
    let result = command.wait()
    #expect(result.ending == .signalled(SIGINT), sourceLocation: location)
    return result
  }
}
