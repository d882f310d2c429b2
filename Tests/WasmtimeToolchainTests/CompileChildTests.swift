import Confinement
import Dispatch
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

struct CompileChildTests {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  /// What a child's record and engine make of it.
  private func failure(_ body: () throws -> Void) -> ChildFailure? {
    do { try body() } catch let failure as ChildFailure { return failure } catch { Issue.record("\(error)") }
    return nil
  }

  // MARK: Work

  @Test func oneChildCompilesModuleAfterModule() throws {
    do {
      let settings = Backend.libwasmtime.map { EngineSettings(backend: $0) }
      let worker = try fixture.start(fixture.program())
      let (records, confinement) = try worker.prepare(
        ChildFixture.engine(), settings: settings, threads: 2, deadline: ChildFixture.patience)
      #expect(records.count == 3)
      #expect(confinement.missing == [], "this kernel has what it takes")
      for (index, record) in records.enumerated() {
        let sequential = try worker.compile(WasmBinary.returning(1), settingsIndex: index)
        let own = sequential.withUnsafeBytes { CompatibilityRecord(artifact: $0) }
        #expect(try record.get().loads(#require(own)), "it may assume less")
        let parallel = try worker.compile(WasmBinary.returning(1), settingsIndex: index, threads: 2)
        #expect(parallel == sequential)
      }
      let component = try worker.compile(WasmBinary.emptyComponent, as: .component)
      #expect(component.starts(with: [0x7f, 0x45, 0x4c, 0x46]))
      #expect(fixture.leftOver.count == 1)
    }
    #expect(fixture.processes.count == 1 && fixture.leftOver.isEmpty)
  }

  /// Messages and files carry the same.
  @Test func smallModulesGoInMessages() throws {
    let worker = try fixture.ready()
    let module = WasmBinary.returning(1)
    let artifact = try worker.compile(module)
    #expect(artifact.count <= ChildProtocol.largestSmallArtifact)
    for _ in 1...3 { #expect(try worker.compile(module, isSmall: true) == artifact) }
    #expect(
      try worker.compile(WasmBinary.emptyComponent, isSmall: true, as: .component)
        == worker.compile(WasmBinary.emptyComponent, as: .component))
    #expect(throws: ChildFailure.self) { try worker.compile(WasmBinary.invalid, isSmall: true) }
    #expect(try worker.compile(module, isSmall: true) == artifact, "a refusal leaves the child usable")
    #expect(fixture.processes.count == 1)
  }

  /// What a small module becomes may be large. The file for it is another each time.
  @Test func largeArtifactsOfSmallModulesGoInFiles() throws {
    let worker = try fixture.ready()
    let module = WasmBinary.manyFunctions(2000)
    #expect(module.count <= ModuleContents.largestSmall)
    let artifact = try worker.compile(module)
    #expect(artifact.count > ChildProtocol.largestSmallArtifact)
    let small = try worker.compile(WasmBinary.returning(1))
    for _ in 1...2 {
      #expect(try worker.compile(module, isSmall: true) == artifact)
      #expect(try worker.compile(WasmBinary.returning(1), isSmall: true) == small)
    }
  }

  @Test func artifactsInMessagesAreNoLargerThanAllowed() throws {
    var policy = ConfinementPolicy()
    policy.limits.file = 5000
    let worker = try fixture.ready(policy: policy)
    #expect(failure { _ = try worker.compile(WasmBinary.returning(1), isSmall: true) } == .exhausted(.artifact))
  }

  @Test func refusalLeavesTheChildUsable() throws {
    let worker = try fixture.ready()
    #expect(
      failure { _ = try worker.compile(WasmBinary.invalid) }
        == .engine(
          .invalidModule(
            message: "failed to compile: wasm[0]::function[0]: WebAssembly translation error: "
              + "Invalid input WebAssembly code at offset 24: type mismatch: expected i32 but nothing on stack")))
    #expect(try !worker.compile(WasmBinary.empty).isEmpty)
    #expect(fixture.processes.count == 1)
  }

  @Test func componentsNeedARecentRelease() throws {
    let worker = try fixture.ready(version: "24.0.0")
    #expect(
      failure { _ = try worker.compile(WasmBinary.emptyComponent, as: .component) } == .engine(.componentsUnsupported))
    #expect(try !worker.compile(WasmBinary.empty).isEmpty)
  }

  // MARK: Children that end

  @Test func childThatIsKilledCostsOneModule() throws {
    do {
      let worker = try fixture.ready()
      let process = try #require(fixture.processes.first)
      DispatchQueue(label: "killer").async {
        try? waitUntilBusy(process)
        kill(process, SIGABRT)
      }
      #expect(
        failure { _ = try worker.compile(WasmBinary.compileBomb) }
          == .crashed(how: "was ended by signal 6 (aborted)", output: nil))
    }
    #expect(fixture.leftOver.isEmpty)
  }

  @Test func childThatDiedBeforeItWasAsked() throws {
    let worker = try fixture.ready()
    let process = try #require(fixture.processes.first)
    kill(process, SIGKILL)
    #expect(
      failure { _ = try worker.compile(WasmBinary.empty) }
        == .crashed(how: "was ended by signal 9 (killed)", output: nil))
    #expect(fixture.leftOver.isEmpty)
  }

  @Test func compileBombEndsAtItsDeadline() throws {
    do {
      let worker = try fixture.ready()
      let deadline = MonotonicInstant.now().adding(seconds: 0.3)
      #expect(failure { _ = try worker.compile(WasmBinary.compileBomb, deadline: deadline) } == .timedOut)
      #expect(MonotonicInstant.now() >= deadline, "and not before")
    }
    #expect(fixture.leftOver.isEmpty)
  }

  @Test func childThatNeverAnswersEndsAtItsDeadline() throws {
    do {
      let worker = try fixture.start(fixture.program("exec sleep 1000"))
      #expect(
        failure {
          _ = try worker.prepare(
            ChildFixture.engine(), settings: [], threads: 1, deadline: .now().adding(seconds: 0.05))
        } == .timedOut)
    }
    #expect(fixture.leftOver.isEmpty)
  }

  /// Starts the real child on the other end of a socket, asks it to compile, and does what a test does with the socket.
  private func withSocket(
    compiling bytes: [UInt8], into artifact: FilePath, _ body: (borrowing MessageSocket) throws -> Void = { _ in }
  ) throws -> ChildProcess {
    let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
    let engine = try ChildFixture.engine()
    let pair = try MessageSocket.pair()
    let pipe = try Pipe()
    let child = try ChildProcess(
      executable: try BuiltExecutable.path().string, arguments: ["x", CompileChildMain.subcommand], environment: [],
      descriptors: [nullDevice.raw, nullDevice.raw, nullDevice.raw, pair.given.raw, pipe.reading.raw])
    let lifeline = pipe.keepWriting()
    let socket = pair.keep()
    let number = QuestionNumber.random()
    let preparation = ChildRequest.prepare(
      settings: [EngineSettings(backend: .cranelift)], threads: 1, limits: ConfinementPolicy().limits)
    try socket.send(number.heading(preparation.encoded()), passing: [engine.descriptor.raw])
    let prepared = try socket.receive(limit: ChildProtocol.largestMessage).bytes
    #expect(QuestionNumber(of: prepared) == number && ChildReply(QuestionNumber.rest(of: prepared)) != nil)
    let module = try MemoryFile(name: "module")
    try bytes.withUnsafeBytes { try module.descriptor.write(all: $0) }
    let artifact = try Descriptor.open(artifact, O_RDWR)
    let compilation = ChildRequest.compile(settingsIndex: 0, threads: 1, kind: .coreModule, size: bytes.count)
    try socket.send(
      QuestionNumber.random().heading(compilation.encoded()), passing: [module.descriptor.raw, artifact.raw])
    try body(socket)
    _ = consume lifeline
    return child
  }

  /// Whoever wanted the result may die without a word; nothing must go on computing.
  @Test func childEndsWithItsLane() throws {
    let child = try withSocket(compiling: WasmBinary.compileBomb, into: "/dev/null")
    // So that the test ends, too, if the child does not.
    DispatchQueue.global().asyncAfter(deadline: .now() + 60) { child.kill() }
    #expect(child.wait() == .exited(status: 0))
  }

  /// That is no fault of the engine's.
  @Test func artifactThatCannotBeWrittenIsASystemCallsFailure() throws {
    let child = try withSocket(compiling: WasmBinary.empty, into: "/dev/full") { socket in
      let reply = ChildReply(QuestionNumber.rest(of: try socket.receive(limit: ChildProtocol.largestMessage).bytes))
      #expect(reply == .systemCallFailed("write: no space left on device"))
    }
    #expect(child.wait() == .exited(status: 0))
  }

  // MARK: Children that are none of ours

  /// Starts a program as a child, asks it to prepare and then to compile, and says how that failed.
  private func failure(of program: ChildProgram, isSmall: Bool = false) -> ChildFailure? {
    failure {
      let worker = try fixture.start(program)
      _ = try worker.prepare(
        ChildFixture.engine(), settings: [EngineSettings(backend: .cranelift)], threads: 1,
        deadline: ChildFixture.patience)
      _ = try worker.compile(WasmBinary.empty, isSmall: isSmall)
      Issue.record("the child was believed")
    }
  }

  private static let prepared = ChildReply.prepared(
    [.success(CompatibilityRecord(bytes: [1]))], ChildFixture.confined
  ).encoded()

  @Test(
    arguments: [
      ([Array("garbage".utf8)], "an answer that cannot be read"),
      ([[0]], "an answer that cannot be read"),
      ([ChildReply.compiled(size: 1, nanoseconds: 1).encoded()], "an unexpected answer to its preparation"),
      ([ChildReply.prepared([], ChildFixture.confined).encoded()], "an unexpected answer to its preparation"),
      ([[UInt8](repeating: 1, count: 70_000)], "no answer: recvmsg: message too long"),
      ([prepared, prepared], "an unexpected answer to a compilation"),
      ([prepared, Array("garbage".utf8)], "an answer that cannot be read"),
      (
        [prepared, ChildReply.compiledSmall(artifact: [1], nanoseconds: 1).encoded()],
        "an unexpected answer to a compilation"
      ),
      ([prepared, ChildReply.compiled(size: 5, nanoseconds: 1).encoded()], "0 bytes of artifact where it claims 5"),
      ([prepared, ChildReply.compiled(size: 0, nanoseconds: 1).encoded()], "0 bytes of artifact where it claims 0"),
    ] as [([[UInt8]], String)])
  func nonsenseIsNotBelieved(_ replies: [[UInt8]], _ reason: String) throws {
    #expect(failure(of: try fixture.program(answering: replies)) == .protocolViolation(reason))
    #expect(fixture.processes.count == 1 && fixture.leftOver.isEmpty)
  }

  @Test func anEmptyArtifactInAMessageIsNotBelieved() throws {
    let replies = [Self.prepared, ChildReply.compiledSmall(artifact: [], nanoseconds: 1).encoded()]
    let failure = failure(of: try fixture.program(answering: replies), isSmall: true)
    #expect(failure == .protocolViolation("an empty artifact"))
    #expect(fixture.processes.count == 1)
  }

  @Test func aSystemCallsFailureIsToldAsOne() throws {
    let replies = [Self.prepared, ChildReply.systemCallFailed("write: no space left on device").encoded()]
    #expect(
      failure(of: try fixture.program(answering: replies))
        == .systemCallFailed(reason: "write: no space left on device"))
  }

  @Test func programThatEndsAtOnceHasCrashed() throws {
    #expect(failure(of: try fixture.program("exit 3")) == .crashed(how: "exited with status 3", output: nil))
    #expect(fixture.leftOver.isEmpty)
  }

  @Test func lastWordsAreKept() throws {
    let script = """
      {
        echo
        echo "thread 'main' panicked at src/lib.rs:1:2:"
        echo "note: run with RUST_BACKTRACE=1"
        echo "entered unreachable code"
        echo "a third line"
      } >&2
      exit 134
      """
    #expect(
      failure(of: try fixture.program(script))
        == .crashed(
          how: "exited with status 134", output: "thread 'main' panicked at src/lib.rs:1:2: entered unreachable code"))
  }

  /// Nobody drains what a child prints, so there must be an end to it.
  @Test func childThatPrintsWithoutEndIsNotWaitedFor() throws {
    let failure = failure(of: try fixture.program("yes 'a line' >&2; exit 4"))
    #expect(failure == .crashed(how: "exited with status 4", output: "a line a line"))
  }

  @Test func longLastWordsAreCut() throws {
    let failure = failure(of: try fixture.program("head -c 10000 /dev/zero | tr '\\0' x >&2; exit 5"))
    #expect(failure == .crashed(how: "exited with status 5", output: String(repeating: "x", count: 1000)))
  }

  @Test func childThatHangsUpAndLivesOnIsKilled() throws {
    #expect(
      failure(of: try fixture.program("exec 3>&-; exec sleep 1000"))
        == .crashed(how: "was ended by signal 9 (killed)", output: nil))
    #expect(fixture.processes.count == 1 && fixture.leftOver.isEmpty)
  }

  @Test func programThatIsNotThereIsSaidSo() {
    #expect(
      failure(of: ChildProgram(executable: "/nowhere/program"))
        == .cannotStart(reason: "posix_spawn: no such file or directory"))
  }

  // MARK: Being stopped

  @Test func cancellationEndsEveryChild() throws {
    do {
      let workers = [try fixture.ready(), try fixture.ready(), try fixture.ready()]
      let processes = fixture.processes
      let failures = Mutex<[ChildFailure?]>([])
      let group = DispatchGroup()
      for worker in workers.prefix(2) {
        DispatchQueue(label: "lane").async(group: group) {
          let failure = failure { _ = try worker.compile(WasmBinary.compileBomb) }
          failures.withLock { $0.append(failure) }
        }
      }
      for process in processes.prefix(2) { try waitUntilBusy(process) }
      #expect(!fixture.cancellation.isCancelled)
      fixture.cancellation.cancel()
      group.wait()
      #expect(failures.withLock { $0 } == [.cancelled, .cancelled])
      #expect(fixture.cancellation.isCancelled)
      #expect(failure { _ = try workers[2].compile(WasmBinary.empty) } == .cancelled, "idle ones, too")
    }
    #expect(fixture.processes.count == 3 && fixture.leftOver.isEmpty)
  }

  @Test func childThatStartsTooLateEndsAtOnce() throws {
    fixture.cancellation.cancel()
    #expect(failure(of: try fixture.program("exec sleep 1000")) == .cancelled)
    #expect(fixture.leftOver.isEmpty)
  }
}
