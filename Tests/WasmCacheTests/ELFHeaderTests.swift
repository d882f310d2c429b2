import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

struct ELFHeaderTests {
  /// A header with its table of sections at an offset.
  private func header(_ offset: UInt64, entries: UInt16, of size: UInt16 = 64) -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1] + Array(repeating: 0, count: 58)
    func put(_ value: some FixedWidthInteger, at place: Int) {
      withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
    }
    put(offset, at: 0x28)
    put(size, at: 0x3a)
    put(entries, at: 0x3c)
    return bytes
  }

  @Test func theTableOfSectionsIsTheEnd() {
    #expect(ELFHeader.end(header(1000, entries: 3)) == 1192)
    #expect(ELFHeader.end(header(0, entries: 0)) == 0)
    #expect(ELFHeader.end(header(.max, entries: 3)) == .max)
    #expect(ELFHeader.end(header(1 << 63, entries: 0)) == .max)
    #expect(ELFHeader.end(Array(header(1000, entries: 3).dropLast())) == .max, "not even the header is there")
    #expect(ELFHeader.end([]) == nil)
    #expect(ELFHeader.end(Array("another compiler's artifact, whatever it may look like inside of it".utf8)) == nil)
  }

  @Test func artifactWithoutItsEndIsFound() throws {
    let fixture = try CacheFixture()
    let module = WasmHash.generate(WasmBinary.empty)
    let artifact = header(80, entries: 2) + Array(repeating: 1, count: 144)
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
    try fixture.corrupt(fixture.object(artifact), with: Array(artifact.dropLast()))
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    // It is made again.
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
  }
}
