import LinuxIO
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// What an entry may stand for, as every command judges it.
struct ObjectJudgeTests {
  private let fixture: CacheFixture
  private let module = WasmHash.generate(WasmBinary.empty)
  private let good = CacheFixture.artifact("one")

  init() throws { fixture = try CacheFixture() }

  private var reader: EngineDirectory { fixture.reader(CacheFixture.strictIdentity()) }

  private func publish(_ artifact: [UInt8], for module: WasmHash) throws {
    try fixture.writer(CacheFixture.strictIdentity()).publish(artifact, for: module)
  }

  @Test func anArtifactOfTheEngineIsGood() throws {
    try publish(good, for: module)
    let reader = reader
    // The second time, the record is known.
    for _ in 1...2 { #expect(reader.lookUp(module) == .present(size: good.count)) }
    #expect(fixture.cache.artifacts(of: module).count == 1)
  }

  @Test func anArtifactOfAnotherEngineIsNone() throws {
    let second = WasmHash.generate([1])
    try publish(good, for: second)
    try publish(CacheFixture.artifact("one", for: "arm"), for: module)
    let reader = reader
    for _ in 1...2 {
      #expect(reader.lookUp(module) == .absent(.otherEngine))
      #expect(reader.lookUp(second) == .present(size: good.count))
    }
    #expect(fixture.cache.artifacts(of: module).isEmpty)
    try publish(good, for: module)
    #expect(reader.lookUp(module) == .present(size: good.count))
  }

  @Test func aFileWithoutARecordIsNone() throws {
    for bytes in [Array("no artifact".utf8), ELFImage().bytes, [0x7f]] {
      try publish(bytes, for: module)
      let isCut = bytes.count == 1
      #expect(reader.lookUp(module) == .absent(isCut ? .artifactCorrupt : .otherEngine))
    }
  }

  /// What does not look like an artifact of the engine is hashed, so that the reason is true.
  @Test func aRecordThatRotsIsCorrupt() throws {
    try publish(good, for: module)
    var rotten = good
    rotten[ELFImage.headerSize + 5] ^= 1
    try fixture.corrupt(fixture.object(good), with: rotten)
    #expect(reader.lookUp(module) == .absent(.artifactCorrupt))
  }

  /// A record that lies where it is not read at once is as good.
  @Test func aRecordBehindTheStartIsFound() throws {
    let late = ELFImage(sections: [
      .init(name: ".text", contents: [UInt8](repeating: 0, count: 5000)),
      .init(name: CompatibilityRecord.sectionName, contents: CacheFixture.record(of: "x86")),
    ]).bytes
    try publish(late, for: module)
    let reader = reader
    for _ in 1...2 { #expect(reader.lookUp(module) == .present(size: late.count)) }
  }

  @Test func whereNothingSaysWhatArtifactsAreLikeAnyMayBeOne() throws {
    try publish(CacheFixture.artifact("one", for: "arm"), for: module)
    try fixture.remove(reader.path.appending("engine.json"))
    #expect(fixture.cache.artifacts(of: module).count == 1)
  }
}
