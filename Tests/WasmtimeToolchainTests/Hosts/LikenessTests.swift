import LinuxIO
import TestSupport
import Testing
import WasmCache

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

/// The settings of the engine that serialized an artifact, found out from it.
struct LikenessTests {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  private static let module = WasmBinary.returning(1)

  private func probe(_ version: String) throws -> EngineProbe {
    EngineProbe(
      try ChildFixture.engine(version), program: try fixture.program(), policy: ConfinementPolicy(),
      cancellation: fixture.cancellation)
  }

  private func record(_ artifact: [UInt8]) throws -> CompatibilityRecord {
    try #require(artifact.withUnsafeBytes { CompatibilityRecord(artifact: $0) })
  }

  /// What is found out of artifacts of such hosts, and what they say of what is made so.
  private func expectFound(_ cases: [HostCase], _ version: String) throws {
    let client = try HostClient(version)
    let probe = try probe(version)
    var made: [(host: HostCase, settings: EngineSettings)] = []
    let standard = try record(client.artifacts(of: Self.module, [[]])[0].get())
    let samples = try client.artifacts(of: Self.module, cases.map { $0.settings(of: version) })
    for (one, sample) in zip(cases, samples) {
      let (settings, artifact) = (one.settings(of: version), try sample.get())
      let likeness = try probe.settings(like: record(artifact), from: EngineSettings(backend: .cranelift))
      #expect(likeness.differences.map(\.text) == [], "\(one)")
      // What the release has by itself leaves no trace.
      let isStandard = try record(artifact) == standard
      let expected = isStandard ? [] : try EngineConfiguration(settings).texts
      let found = likeness.settings.configuration.texts
      if one.isPlain { #expect(found == expected, "\(one)") }
      #expect(Set(found).isSubset(of: expected), "\(one): \(found)")
      made.append((HostCase(one.name, settings), likeness.settings))
    }
    var questions: [HostClient.Question] = []
    let child = try fixture.ready(made.map(\.settings), version: version)
    for (index, one) in made.enumerated() {
      questions.append(
        .init(settings: one.host.settings, bytes: try child.compile(Self.module, settingsIndex: index)))
    }
    let answers = try client.answers(questions)
    for (one, answer) in zip(made, answers) {
      #expect(answer == "loaded", "\(one.host): \(one.settings.configuration)")
    }
  }

  @Test(arguments: EngineUnderTest.versions) func whatRealHostsSetIsFoundOut(_ version: String) throws {
    let cases = HostCase.real.map { one in
      // The C API's build of 24 has no garbage collection.
      HostCase(one.name, one.settings.filter { version != "24.0.0" || $0 != "gc=true" })
    }
    try expectFound(cases, version)
  }

  @Test(arguments: EngineUnderTest.versions) func eachSettingIsFoundOut(_ version: String) throws {
    let cases = HostCase.single.filter { one in
      guard one.settings.count == 1, EngineSetting.named(one.name)?.isThere(in: version) == true else { return false }
      return HostCase.mustBeEqual.contains(one.name) || HostCase.free.contains(one.name)
        || ["threads=false", "memory64=false", "tail-call=false", "gc-support=false"].contains(one.settings[0])
    }
    try expectFound(cases, version)
  }

  // MARK: What cannot be found out

  private func failure(_ record: CompatibilityRecord) throws -> LikenessFailure? {
    let probe = try probe(EngineUnderTest.version)
    do throws(LikenessFailure) {
      _ = try probe.settings(like: record, from: EngineSettings(backend: .cranelift))
      return nil
    } catch {
      return error
    }
  }

  @Test func anotherReleaseIsNamed() throws {
    let client = try HostClient("48.0.0")
    let sample = try record(client.artifacts(of: Self.module, [[]])[0].get())
    guard case .otherRelease("48", "50") = try failure(sample) else {
      Issue.record("\(String(describing: try failure(sample)))")
      return
    }
  }

  @Test func anotherTargetIsNamed() throws {
    let text: (String) -> [UInt8] = { [UInt8($0.utf8.count)] + Array($0.utf8) }
    let sample = CompatibilityRecord(bytes: [0] + text("50") + text("s390x-unknown-linux-gnu") + [0, 0, 1])
    guard case .otherTarget("s390x-unknown-linux-gnu", EngineUnderTest.hostTriple) = try failure(sample) else {
      Issue.record("it was for this machine")
      return
    }
  }

  @Test func anotherLayoutIsNotRead() throws {
    guard case .unreadable = try failure(CompatibilityRecord(bytes: [0, 2, 0x35])) else {
      Issue.record("it was read")
      return
    }
  }
}

extension HostCase {
  /// Whether each of the settings leaves a trace of its own, so that just these are found.
  fileprivate var isPlain: Bool { settings.count == 1 }
}
