import TestSupport
import Testing

@testable import WasmCache

struct ArtifactJudgeTests {
  private func answers(_ judge: ArtifactJudge, _ artifacts: [[UInt8]]) -> [Bool] {
    artifacts.map { artifact in artifact.withUnsafeBytes { judge.accepts($0) } }
  }

  /// What was accepted says nothing of artifacts with another record, or with none.
  @Test func onlyArtifactsWithAnAcceptedRecordAreAccepted() {
    let judge = ArtifactJudge(CacheFixture.strictIdentity())
    let good = [CacheFixture.artifact("a"), CacheFixture.artifact("b")]
    let bad = [CacheFixture.artifact("a", for: "arm"), Array("no artifact".utf8), [], Array(good[0].dropFirst())]
    for _ in 1...2 {
      #expect(answers(judge, bad) == [false, false, false, false])
      #expect(answers(judge, good) == [true, true])
    }
  }

  @Test func artifactsWithoutRecordsAreKnownByTheirStart() {
    let plain = CacheFixture.identity()
    let judge = ArtifactJudge(
      ArtifactIdentity(
        format: ArtifactFormat(name: "plain", suffix: ".plain", magic: [1, 2]), wish: plain.wish,
        version: plain.version, target: plain.target, record: plain.record, build: plain.build,
        features: plain.features))
    #expect(answers(judge, [[1, 2], [1, 2, 3], [1], [1, 3, 2], []]) == [true, true, false, false, false])
  }
}
