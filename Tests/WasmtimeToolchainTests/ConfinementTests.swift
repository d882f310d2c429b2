import Confinement
import Dispatch
import Glibc
import LinuxIO
import TestSupport
import Testing
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

/// What a compile child can still do once it is confined, and how much of it.
struct ConfinementTests {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  private func failure(_ body: () throws -> Void) -> ChildFailure? {
    do { try body() } catch let failure as ChildFailure { return failure } catch { Issue.record("\(error)") }
    return nil
  }

  // MARK: What it cannot do

  /// What a child that was taken over would try; the executable that is tested is a debug build, which can be asked to.
  @Test(
    arguments: [
      // The C library opens files itself, and takes a refusal for an answer.
      ("open", .crashed(how: "exited with status 1", output: "permission denied")),
      ("create", .crashed(how: "exited with status 1", output: "permission denied")),
      ("connect", .crashed(how: "was ended by signal 31 (bad system call)", output: nil)),
      ("execute", .crashed(how: "was ended by signal 31 (bad system call)", output: nil)),
      ("fork", .crashed(how: "was ended by signal 31 (bad system call)", output: nil)),
      ("signal", .crashed(how: "was ended by signal 31 (bad system call)", output: nil)),
      ("thread", .crashed(how: "exited with status 1", output: "resource temporarily unavailable")),
    ] as [(String, ChildFailure)])
  func whatAModuleMightWantIsRefused(_ attempt: String, _ failure: ChildFailure) throws {
    let program = try fixture.program("export WASMPRECOMPILE_SANDBOX_PROBE=\(attempt)\n" + ChildFixture.real)
    let worker = try fixture.start(program)
    _ = try worker.prepare(
      ChildFixture.engine(), settings: [EngineSettings(backend: .cranelift)], threads: 1,
      deadline: ChildFixture.patience)
    #expect(self.failure { _ = try worker.compile(WasmBinary.empty) } == failure)
  }

  /// By itself, too, should system calls not be filtered.
  @Test(arguments: ["open", "create", "connect", "signal"]) func landlockAloneRefuses(_ attempt: String) throws {
    let program = try fixture.program(
      """
      export WASMPRECOMPILE_SANDBOX_PROBE=\(attempt)
      exec strace -f -qq -o /dev/null -e trace=seccomp,prctl -e inject=seccomp:error=ENOSYS \
        -e inject=prctl:error=EINVAL:when=5+ '\(try BuiltExecutable.path())' "$@"
      """)
    let worker = try fixture.start(program)
    let (_, confinement) = try worker.prepare(
      ChildFixture.engine(), settings: [EngineSettings(backend: .cranelift)], threads: 1,
      deadline: ChildFixture.patience)
    #expect(confinement.missing == ["seccomp"])
    let reason = attempt == "signal" ? "operation not permitted" : "permission denied"
    #expect(
      failure { _ = try worker.compile(WasmBinary.empty) }
        == .crashed(how: "exited with status 1", output: reason))
  }

  @Test func otherUsersAndDebuggersCannotLookIn() throws {
    let worker = try fixture.ready()
    let process = try #require(fixture.processes.first)
    let status = try Tool.shell("cat /proc/\(process)/status")
    #expect(status.contains("NoNewPrivs:\t1\n"))
    #expect(status.contains("Seccomp:\t2\n"))
    let limits = try Tool.shell("cat /proc/\(process)/limits").split(separator: "\n")
    #expect(limits.contains { $0.hasPrefix("Max core file size        0                    0 ") })
    #expect(limits.contains { $0.hasPrefix("Max file size             4294967296           4294967296 ") })
    #expect(try !worker.compile(WasmBinary.empty).isEmpty)
  }

  /// Not even its own user, nor root without the capability to trace.
  @Test func descriptorsAreNotForOthersToSee() throws {
    let without = geteuid() == 0 ? "setpriv --bounding-set=-sys_ptrace " : ""
    let worker = try fixture.start(
      try fixture.program("exec \(without)'\(try BuiltExecutable.path())' \"$@\""))
    _ = try worker.prepare(
      ChildFixture.engine(), settings: [EngineSettings(backend: .cranelift)], threads: 1,
      deadline: ChildFixture.patience)
    let process = try #require(fixture.processes.first)
    // Those of a process that has nothing to hide are seen the same way.
    let look = "readlink /proc/$$/fd/0 > /dev/null && readlink /proc/$1/fd/0 || echo hidden"
    #expect(try Tool.shell("\(without)sh -c '\(look)' sh \(process)") == "hidden\n")
    #expect(try !worker.compile(WasmBinary.empty).isEmpty)
  }

  // MARK: What it still can

  /// The engine's threads start when the first module is compiled on several, which is inside the sandbox.
  @Test(arguments: EngineUnderTest.versions) func everyReleaseWorksInside(_ version: String) throws {
    let settings = [Backend.cranelift, .winch, .pulley].prefix(version < "48" ? 1 : 3).map {
      EngineSettings(backend: $0)
    }
    let worker = try fixture.ready(settings, version: version, threads: 4)
    for index in settings.indices {
      for module in [WasmBinary.empty, WasmBinary.returning(7)] {
        #expect(
          try worker.compile(module, settingsIndex: index, threads: 4) == worker.compile(module, settingsIndex: index))
      }
    }
    #expect(failure { _ = try worker.compile(WasmBinary.customPageSize) } != nil)
    #expect(try !worker.compile(WasmBinary.empty).isEmpty)
  }

  /// The engine's threads are there before the first module is looked at, and nobody gets one more.
  @Test(arguments: [1, 3]) func threadsHaveAnEnd(_ threads: Int) throws {
    let worker = try fixture.ready(threads: 3)
    let process = try #require(fixture.processes.first)
    func count() throws -> Int { try Descriptor.openDirectory("/proc/\(process)/task").names().count }
    #expect(try count() == 1)
    #expect(try !worker.compile(WasmBinary.returning(1), threads: threads).isEmpty)
    #expect(try count() == (threads == 1 ? 1 : threads + 1))
    #expect(worker.mostThreads == threads)
    for wanted in [2, 3, 1] { #expect(try !worker.compile(WasmBinary.returning(2), threads: wanted).isEmpty) }
    #expect(try count() == (threads == 1 ? 1 : threads + 1))
  }

  // MARK: Limits

  @Test func memoryHasAnEnd() throws {
    var policy = ConfinementPolicy()
    policy.limits.memory = 32 << 20
    let worker = try fixture.ready(policy: policy)
    #expect(failure { _ = try worker.compile(WasmBinary.compileBomb) } == .exhausted(.memory))
  }

  @Test func artifactsHaveALargestSize() throws {
    var policy = ConfinementPolicy()
    policy.limits.file = 4096
    let worker = try fixture.ready(policy: policy)
    #expect(failure { _ = try worker.compile(WasmBinary.returning(1)) } == .exhausted(.artifact))
    #expect(failure { _ = try worker.compile(WasmBinary.returning(2)) } == .exhausted(.artifact), "the child lives on")
    #expect(fixture.processes.count == 1)
  }

  /// The deadline is ours to see to; the kernel does if we cannot.
  @Test func processorTimeHasAnEnd() throws {
    let worker = try fixture.ready()
    let process = try #require(fixture.processes.first)
    let limit = {
      try Tool.shell("cat /proc/\(process)/limits").split(separator: "\n").first { $0.hasPrefix("Max cpu") }
    }
    #expect(try !worker.compile(WasmBinary.empty, deadline: .now().adding(seconds: 100)).isEmpty)
    let words = try #require(try limit()).split(separator: " ")
    #expect(Int(words[3]).map { (100...110).contains($0) } == true)
    // The signal that comes first can be ignored. The kernel then kills.
    #expect(Int(words[4]).map { (1600...1800).contains($0) } == true, "some modules' worth: it cannot be raised")
  }

  // MARK: Kernels that cannot

  private func withoutLandlock() throws -> ChildProgram {
    try fixture.program(
      """
      exec strace -f -qq -o /dev/null -e trace=landlock_create_ruleset \
        -e inject=landlock_create_ruleset:error=ENOSYS '\(try BuiltExecutable.path())' "$@"
      """)
  }

  @Test func whatTheKernelLacksIsSaid() throws {
    let worker = try fixture.start(withoutLandlock())
    let (_, confinement) = try worker.prepare(
      ChildFixture.engine(), settings: [EngineSettings(backend: .cranelift)], threads: 1,
      deadline: ChildFixture.patience)
    #expect(confinement.missing == ["Landlock"])
    #expect(try !worker.compile(WasmBinary.empty).isEmpty)
  }

  @Test func whatIsRequiredMustBeThere() throws {
    var policy = ConfinementPolicy()
    policy.isRequired = true
    let worker = try fixture.start(withoutLandlock(), policy)
    #expect(
      failure {
        _ = try worker.prepare(
          ChildFixture.engine(), settings: [], threads: 1, deadline: ChildFixture.patience)
      } == .unconfined(missing: ["Landlock"]))
  }
}
