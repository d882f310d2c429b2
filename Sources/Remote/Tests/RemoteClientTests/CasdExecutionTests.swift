import Glibc
import LinuxIO
import RemoteProtocol
import SystemPackage
import TestSupport
import Testing

@testable import RemoteClient

/// Executions on buildbox-casd, in the sandbox of buildbox-run: a shell, with nothing but what it is given.
@Suite(.needs(CasdWorkers.areThere, "buildbox-casd and bubblewrap: make setup-tests"))
struct CasdExecutionTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func opened() async throws -> (RealServer, HelperProcess) {
    let server = try await offPool { [directory] in try CasdWorkers.start(in: directory) }
    let helper = try await HelperProcess.opened(RemoteSettings(address: "grpc://127.0.0.1:\(server.port)"))
    try await offPool { for (_, bytes) in CasdWorkers.files { try helper.send(.give(.of(bytes)), passing: bytes) } }
    return (server, helper)
  }

  private func execute(_ helper: HelperProcess, _ script: String, timeout: UInt32 = 30) async throws -> RemoteReply {
    try await helper.ask(CasdWorkers.request(1, script, timeout: timeout), passing: CasdWorkers.subject).0
  }

  @Test func aWorkerMakesWhatIsWanted() async throws {
    let (server, helper) = try await opened()
    defer { withExtendedLifetime(server) {} }
    let bytes = Array("made of the subject\n".utf8)
    let script = "read line < in; echo made of $line > out"
    // The second answer is the server's memory.
    for _ in 0..<2 {
      let (reply, contents) = try await helper.ask(CasdWorkers.request(1, script), passing: CasdWorkers.subject)
      #expect(reply == .made(number: 1, .of(bytes)) && contents == bytes)
    }
  }

  @Test func aProgramsWordsCome() async throws {
    let (server, helper) = try await opened()
    defer { withExtendedLifetime(server) {} }
    #expect(try await execute(helper, "echo why >&2; exit 65") == .exited(number: 1, status: 65, words: "why\n"))
    #expect(try await execute(helper, "echo no >&2; exit 3") == .exited(number: 1, status: 3, words: "no\n"))
    guard case .exited(1, let status, _) = try await execute(helper, "kill -9 $$") else {
      throw HelperProcess.NoReply()
    }
    #expect(status == 137 || status == 9)
  }

  @Test func aProgramThatTakesTooLongIsKilled() async throws {
    let (server, helper) = try await opened()
    defer { withExtendedLifetime(server) {} }
    let reply = try await execute(helper, "while :; do :; done", timeout: 1)
    switch reply {
    case .failed(1, let trouble): #expect(trouble.reason.hasPrefix("a worker was lost: "), "\(trouble)")
    case .exited(1, 137, _): break
    default: Issue.record("\(reply)")
    }
  }

  @Test func manyAreExecutedAtATime() async throws {
    let (server, helper) = try await opened()
    defer { withExtendedLifetime(server) {} }
    let sending = Task {
      try await offPool {
        for number in 0..<UInt32(20) {
          try helper.send(CasdWorkers.request(number, "echo \(number) > out"), passing: CasdWorkers.subject)
        }
      }
    }
    var seen: Set<UInt32> = []
    for _ in 0..<20 {
      let (reply, contents) = try await offPool { try helper.receive() }
      guard case .made(let number, _) = reply else { throw HelperProcess.NoReply() }
      #expect(contents == Array("\(number)\n".utf8))
      seen.insert(number)
    }
    try await sending.value
    #expect(seen.count == 20)
  }

  @Test func aServerThatIsKilledMeanwhileIsRefused() async throws {
    let (server, helper) = try await opened()
    let mark = "mark-\(UInt64.random(in: 0 ... .max))"
    let asking = Task { try await execute(helper, ": \(mark); while :; do :; done", timeout: 20) }
    try await offPool {
      while !CasdWorkers.isExecuting(mark) { sched_yield() }
      server.kill()
    }
    guard case .refused(let trouble) = try await asking.value else { throw HelperProcess.NoReply() }
    #expect(trouble.kind == .unreachable)
  }
}
