import LinuxIO
import TestSupport
import Testing
import WasmCache

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

/// Artifacts fit the host that will load them: each setting, with each value, in each release.
struct HostSettingTests {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  private static let module = WasmBinary.returning(1)
  private static let stricter = ["memory-reservation-for-growth", "branch-hinting"]

  private func settings(_ one: HostCase, _ features: FeaturePolicy = .all) throws -> EngineSettings {
    EngineSettings(backend: .cranelift, features: features, configuration: try one.configuration)
  }

  private func records(
    _ cases: [HostCase], _ version: String
  ) throws -> [Result<CompatibilityRecord, BackendUnavailable>] {
    try EngineProbe(
      ChildFixture.engine(version), program: fixture.program(), policy: ConfinementPolicy(),
      cancellation: fixture.cancellation
    ).records(of: cases.map { try settings($0) })
  }

  /// What our compile children make for such hosts.
  private func artifacts(_ cases: [HostCase], _ features: FeaturePolicy, _ version: String) throws -> [[UInt8]] {
    var artifacts: [[UInt8]] = []
    for start in stride(from: 0, to: cases.count, by: 40) {
      let some = try cases[start...].prefix(40).map { try settings($0, features) }
      let child = try fixture.ready(some, version: version)
      for index in some.indices { artifacts.append(try child.compile(Self.module, settingsIndex: index)) }
    }
    return artifacts
  }

  private func record(_ artifact: [UInt8]) throws -> CompatibilityRecord {
    try #require(artifact.withUnsafeBytes { CompatibilityRecord(artifact: $0) })
  }

  @Test(arguments: EngineUnderTest.versions) func eachSettingMakesWhatSuchAHostLoads(_ version: String) throws {
    let client = try HostClient(version)
    let standard = try client.artifacts(of: Self.module, [[]])[0].get()
    let (own, theirs) = (
      try records(HostCase.single, version), try client.artifacts(of: Self.module, HostCase.single.map(\.settings))
    )
    var made: [(host: HostCase, record: CompatibilityRecord)] = []
    for (one, (answer, artifact)) in zip(HostCase.single, zip(own, theirs)) {
      switch (answer, artifact) {
      case (.success(let record), .success(let artifact)):
        #expect(try record == self.record(artifact), "\(one.settings)")
        made.append((one, record))
      case (.failure(let reason), .failure(let refusal)): expect(reason, for: one, version, refusal.words)
      default: Issue.record("\(one.settings): \(answer), and the host says \(artifact)")
      }
    }
    let (all, least) = (
      try artifacts(made.map(\.host), .all, version), try artifacts(made.map(\.host), .least, version)
    )
    var questions: [HostClient.Question] = []
    for (one, (all, least)) in zip(made, zip(all, least)) {
      questions += [
        .init(settings: one.host.settings, bytes: all), .init(settings: one.host.settings, bytes: least),
        .init(settings: [], bytes: all), .init(settings: one.host.settings, bytes: standard),
      ]
    }
    let answers = try client.answers(questions)
    let usual = try record(standard)
    for (number, one) in made.enumerated() {
      let words = Array(answers[number * 4..<number * 4 + 4])
      #expect(words[0] == "loaded" && words[1] == "loaded", "\(one.host.settings): \(words)")
      let isLoadedByDefault = try loadsByDefault(one.host, isSame: one.record == usual, in: version)
      #expect((words[2] == "loaded") == isLoadedByDefault, "\(one.host.settings): \(words[2])")
      // Our own rule, both ways. It may be stricter where the engine does not compare a tunable, which has no name in records.
      if !Self.stricter.contains(one.host.name) {
        #expect(usual.loads(one.record) == (words[2] == "loaded"), "\(one.host.settings): \(words[2])")
        #expect(one.record.loads(usual) == (words[3] == "loaded"), "\(one.host.settings): \(words[3])")
      }
    }
    #expect(made.count > 40 && made.count { $0.record != usual } > 20)
  }

  /// Why it could not be made must be as exact as can be.
  private func expect(_ reason: BackendUnavailable, for one: HostCase, _ version: String, _ words: String) {
    guard let setting = EngineSetting.named(one.name), case .decides(let accesses) = setting.effect else {
      Issue.record("\(one.name)")
      return
    }
    let lacking = one.settings.compactMap { EngineSetting.named(String($0.prefix { $0 != "=" })) }
      .filter { !$0.isThere(in: version) }
    if lacking.isEmpty {
      guard case .crashes(let output) = reason else {
        Issue.record("\(one.settings): \(reason)")
        return
      }
      #expect(words == "aborted" && !output.isEmpty)
    } else if one.settings.count == 1 {
      let since = accesses.map(\.since).min() ?? 0
      #expect(
        reason
          == .refused(
            "this release cannot be given \(one.name) through its C API: releases since \(since) can"))
      #expect(words == "there is no function for \(one.settings[0])")
    }
  }

  private func loadsByDefault(_ one: HostCase, isSame: Bool, in version: String) throws -> Bool {
    if isSame || HostCase.free.contains(one.name) { return true }
    if HostCase.mustBeEqual.contains(one.name) { return false }
    // Older releases load only what has just their own features.
    let major = try #require(Int(version.prefix { $0 != "." }))
    return major >= 37 && one.settings.allSatisfy { $0.hasSuffix("=false") }
  }

  @Test(arguments: EngineUnderTest.versions) func realHostsLoadWhatIsMadeForThem(_ version: String) throws {
    let client = try HostClient(version)
    let hosts = HostCase.real.map { HostCase($0.name, $0.settings(of: version)) }
      // The C API's build of 24 has no garbage collection.
      .map { HostCase($0.name, version == "24.0.0" ? $0.settings.filter { $0 != "gc=true" } : $0.settings) }
    let records = try records(hosts, version).map { try $0.get() }
    for features in FeaturePolicy.allCases {
      let artifacts = try artifacts(hosts, features, version)
      let answers = try client.answers(
        zip(hosts, artifacts).map { HostClient.Question(settings: $0.settings, bytes: $1) })
      #expect(answers == hosts.map { _ in "loaded" }, "\(features)")
      for (record, artifact) in zip(records, artifacts) { #expect(try record.covers(self.record(artifact))) }
    }
  }
}
