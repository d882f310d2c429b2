import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

struct EngineProbeTests {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  private func probe(
    _ engine: EngineFile, _ settings: [EngineSettings], with program: ChildProgram? = nil
  ) throws -> [Result<ArtifactIdentity, BackendUnavailable>] {
    let program = try program ?? fixture.program()
    return try EngineProbe(
      engine, program: program, policy: ConfinementPolicy(), cancellation: fixture.cancellation
    ).identify(settings).identities
  }

  private static let all = Backend.libwasmtime.map { EngineSettings(backend: $0) }

  private func reason(_ result: Result<ArtifactIdentity, BackendUnavailable>) -> BackendUnavailable? {
    if case .failure(let reason) = result { reason } else { nil }
  }

  // MARK: Engines

  @Test(arguments: ["48.0.0", "50.0.1"]) func recentReleasesHaveEveryBackend(_ version: String) throws {
    let engine = try ChildFixture.engine(version)
    let identities = try probe(engine, Self.all).map { try $0.get() }
    #expect(identities.map(\.wish) == Self.all.map(\.wish))
    #expect(Set(identities.map(\.digest)).count == 3)
    let build = try engine.build()
    #expect(identities.allSatisfy { $0.build == build })
    #expect(identities.map(\.compiler) == Array(repeating: "wasmtime \(version.prefix(2))", count: 3))
    #expect(fixture.processes.count == 1, "one child is enough")
    #expect(fixture.leftOver.isEmpty)
  }

  @Test(arguments: ["24.0.0", "36.0.0"], [CPUTarget.native, .baseline])
  func winchThatIsSecretlyCraneliftIsUnavailable(_ version: String, _ cpu: CPUTarget) throws {
    let winch = EngineSettings(backend: .winch, cpu: cpu)
    let result = try probe(try ChildFixture.engine(version), [winch])
    #expect(result.map(reason) == [.silentlyAnother(.cranelift)])
    #expect(
      result.compactMap(reason).first?.description == "this release would silently compile with cranelift instead")
  }

  /// Asking the old release for it ends its process, which costs no other backend anything.
  @Test func pulleyIsUnavailableOnOldReleases() throws {
    let results = try probe(try ChildFixture.engine("24.0.0"), Self.all)
    #expect(try results[0].get().wish == Self.all[0].wish)
    #expect(reason(results[1]) == .silentlyAnother(.cranelift))
    switch reason(results[2]) {
    case .refused(let words), .crashes(let words): #expect(!words.isEmpty)
    default: Issue.record("\(results[2])")
    }
    #expect(fixture.leftOver.isEmpty)
  }

  @Test func sameLibraryIsTheSameIdentityEveryTime() throws {
    let engine = try ChildFixture.engine()
    let first = try probe(engine, Self.all).map { try $0.get() }
    let again = try probe(engine, Self.all.reversed()).map { try $0.get() }
    #expect(again == first.reversed())
  }

  // MARK: What is no engine

  private func failure(_ engine: EngineFile, _ program: ChildProgram? = nil) -> CompilerUnusable? {
    do {
      _ = try probe(engine, Self.all, with: program)
      return nil
    } catch {
      return error as? CompilerUnusable
    }
  }

  @Test func fileThatIsNoLibrary() throws {
    let path = try fixture.directory.write("text", to: "text.so")
    let engine = try ChildFixture.engine(at: path)
    #expect(failure(engine) == .cannotLoad(engine.location, reason: "file too short"))
  }

  @Test func libraryThatIsNoEngine() throws {
    let path = try Tool.shell("ls /lib/*/libm.so.6 /lib64/libm.so.6 2> /dev/null | head -n 1").dropLast()
    let engine = try ChildFixture.engine(at: FilePath(String(path)))
    #expect(failure(engine) == .notWasmtime(engine.location, missingFunction: "wasm_config_new"))
  }

  // MARK: Children

  @Test func programThatIsNotThere() throws {
    #expect(
      failure(try ChildFixture.engine(), ChildProgram(executable: "/nowhere"))
        == .notStarted(reason: "posix_spawn: no such file or directory"))
  }

  @Test func childThatBreaksTheProtocol() throws {
    #expect(
      failure(try ChildFixture.engine(), try fixture.program(answering: [[9]]))
        == .protocolViolation(what: "an answer that cannot be read"))
  }

  /// When the child that was asked for everything dies, each backend is asked for in a child of its own.
  @Test func crashIsBlamedOnTheBackendThatCausesIt() throws {
    let program = try fixture.program(
      """
      case $start in 1|3) echo 'unknown target' >&2; exit 134;; esac
      \(try ChildFixture.real)
      """)
    let results = try probe(try ChildFixture.engine(), Self.all, with: program)
    #expect(results.map(reason) == [nil, .crashes("unknown target"), nil])
    #expect(reason(results[1])?.description == "this release aborts when asked for it: unknown target")
    #expect(fixture.processes.count == 4 && fixture.leftOver.isEmpty)
  }

  @Test func crashWithoutWordsSaysHowItEnded() throws {
    let settings = [EngineSettings(backend: .cranelift)]
    let results = try probe(try ChildFixture.engine(), settings, with: try fixture.program("exit 3"))
    #expect(results.map(reason) == [.crashes("exited with status 3")])
    #expect(fixture.processes.count == 1, "there is nothing to find out")
  }

  @Test func cancelledProbeIsNotBlamedOnTheEngine() throws {
    fixture.cancellation.cancel()
    #expect(failure(try ChildFixture.engine(), try fixture.program()) == .cancelled)
    #expect(fixture.leftOver.isEmpty)
  }
}
