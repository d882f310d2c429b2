import Glibc
import LinuxIO
import TestSupport
import Testing
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

/// What a child says belongs to one question. A child that a module took over may say anything at any time.
struct ChildAnswerTests {
  private let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  private static let prepared = ChildReply.prepared(
    [.success(CompatibilityRecord(bytes: [1]))], ChildFixture.confined
  ).encoded()
  private static let refused = ChildReply.failed(.invalidModule(message: "no")).encoded()
  private static let refusal = ChildFailure.engine(.invalidModule(message: "no"))

  /// What becomes of modules that such a child is given, one after the other.
  private func failures(_ program: ChildProgram, modules: Int, waits: Bool = false) throws -> [ChildFailure] {
    let child = try fixture.start(program)
    _ = try child.prepare(
      ChildFixture.engine(), settings: [EngineSettings(backend: .cranelift)], threads: 1,
      deadline: ChildFixture.patience)
    var failures: [ChildFailure] = []
    for _ in 0..<modules {
      if waits { waitForFile("said") }
      do { _ = try child.compile(WasmBinary.empty) } catch let failure as ChildFailure { failures.append(failure) }
    }
    return failures
  }

  private func waitForFile(_ name: String) {
    while (try? Descriptor.status(of: fixture.directory(name))) == nil { usleep(1000) }
  }

  @Test func eachAnswerIsBelievedOnce() throws {
    #expect(
      try failures(fixture.program(answering: [Self.prepared, Self.refused, Self.refused]), modules: 2)
        == [Self.refusal, Self.refusal])
  }

  @Test func anAnswerWithAnotherNumberEndsTheChild() throws {
    let program = try fixture.program(
      answering: [Self.prepared],
      after: """
        dd bs=70000 count=1 of=request <&3 2> /dev/null
        { printf 0123456789abcdef; cat reply-1; } > answer
        dd bs=1000000 count=1 if=answer >&3 2> /dev/null
        """)
    try fixture.directory.write(Self.refused, to: "reply-1")
    #expect(try failures(program, modules: 1) == [.protocolViolation("an answer to another question")])
    #expect(fixture.leftOver.isEmpty)
  }

  /// The second answer was to be the next module's verdict.
  @Test func anAnswerBeforeTheQuestionEndsTheChild() throws {
    let program = try fixture.program(
      answering: [Self.prepared, Self.refused],
      after: "dd bs=1000000 count=1 if=answer >&3 2> /dev/null; touch said")
    #expect(
      try failures(program, modules: 1, waits: true) == [.protocolViolation("an answer to another question")])
    #expect(fixture.leftOver.isEmpty)
  }
}
