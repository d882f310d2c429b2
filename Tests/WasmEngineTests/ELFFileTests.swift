import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

struct ELFFileTests {
  private static let buildID: [UInt8] = [0xde, 0xad, 0xbe, 0xef]
  private static let gnu = Array("GNU\0".utf8)

  private static let image = ELFImage(sections: [
    .init(name: ".text", contents: [1, 2, 3]),
    .init(name: ".note.other", type: 7, contents: ELFImage.note(name: [0x58, 0], type: 3, descriptor: [9, 9, 9])),
    .init(
      name: ".note.gnu.build-id", type: 7,
      contents: ELFImage.note(name: gnu, type: 1, descriptor: [7])
        + ELFImage.note(name: gnu, type: 3, descriptor: buildID)),
    .init(name: ".bss", type: 8, contents: [1]),
    .init(name: ".text", contents: [4, 5]),
  ])

  private func section(_ name: String, of bytes: [UInt8]) -> [UInt8]? {
    bytes.withUnsafeBytes { ELFFile($0)?.section(named: name).map(Array.init) }
  }

  private func buildID(of bytes: [UInt8]) -> [UInt8]? { bytes.withUnsafeBytes { ELFFile($0)?.buildID } }

  private func isELF(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { ELFFile($0) != nil } }

  // MARK: What is there

  @Test func findsTheFirstSectionOfAName() {
    let bytes = Self.image.bytes
    #expect(section(".text", of: bytes) == [1, 2, 3])
    #expect(section(".tex", of: bytes) == nil)
    #expect(section(".text2", of: bytes) == nil)
    #expect(section(".bss", of: bytes) == nil, "a section without bytes in the file has no contents")
    #expect(section(".shstrtab", of: bytes)?.count == ".text.note.other.note.gnu.build-id.bss.text.shstrtab".count + 7)
  }

  @Test func findsTheBuildIDAmongOtherNotes() { #expect(buildID(of: Self.image.bytes) == Self.buildID) }

  @Test func emptyBuildIDIsNone() {
    let note = ELFImage.note(name: Self.gnu, type: 3, descriptor: [])
    #expect(buildID(of: ELFImage(sections: [.init(name: ".note", type: 7, contents: note)]).bytes) == nil)
  }

  @Test(arguments: EngineUnderTest.versions) func readsARealLibraryAsReadelfDoes(_ version: String) throws {
    let path = try EngineUnderTest.library(version)
    let expected = try Tool.shell("readelf -n \"$1\" 2>/dev/null | sed -n 's/.*Build ID: //p'", [path.string])
    let build = try EngineFile(EngineLocation(path: path, origin: .option)).build()
    #expect(build.hex + "\n" == expected)
  }

  // MARK: What does not fit

  @Test func refusesOtherFiles() {
    var bytes = Self.image.bytes
    #expect(isELF(bytes))
    bytes[4] = 1
    #expect(!isELF(bytes), "32 bits")
    bytes[4] = 2
    bytes[5] = 2
    #expect(!isELF(bytes), "big-endian")
    #expect(!isELF([]))
    #expect(!isELF(Array(Self.image.bytes.prefix(63))))
  }

  @Test func everyTruncationIsRefused() {
    let bytes = Self.image.bytes
    for count in 0..<bytes.count { #expect(!isELF(Array(bytes.prefix(count)))) }
  }

  @Test(arguments: [UInt64.max, UInt64(Int.max), UInt64(Int.max) - 63, UInt64(Int.max) + 1, 1 << 32])
  func offsetsNearTheEndOfAllNumbersAreOutside(_ offset: UInt64) {
    var bytes = Self.image.bytes
    bytes.put(offset, at: ELFImage.tableOffset)
    #expect(!isELF(bytes))

    for field in [ELFImage.Field.offset, .size] {
      var bytes = Self.image.bytes
      bytes.put(offset, at: ELFImage.field(field, ofSection: 0, of: 6, in: bytes))
      #expect(isELF(bytes))
      #expect(section(".text", of: bytes) == nil)
      bytes.put(offset, at: ELFImage.field(field, ofSection: 2, of: 6, in: bytes))
      #expect(buildID(of: bytes) == nil)
      bytes.put(offset, at: ELFImage.field(field, ofSection: 5, of: 6, in: bytes))
      #expect(section(".shstrtab", of: bytes) == nil, "without names no section has one")
    }
  }

  @Test func fileWithoutSectionsHasNothing() {
    var bytes = Self.image.bytes
    bytes.put(UInt16(0), at: ELFImage.count)
    #expect(!isELF(bytes))
  }

  @Test func nameTableMustBeOneOfTheSections() {
    var bytes = Self.image.bytes
    for index in [6, 7, 0xffff] as [UInt16] {
      bytes.put(index, at: ELFImage.nameTable)
      #expect(!isELF(bytes))
    }
  }

  @Test func namesOutsideTheNameTableAreNone() {
    var bytes = Self.image.bytes
    for name in [UInt32.max, 0x7fff_ffff, 10_000] {
      bytes.put(name, at: ELFImage.field(.name, ofSection: 0, of: 6, in: bytes))
      #expect(section(".text", of: bytes) == [4, 5], "the next section of the name is found")
    }
  }

  @Test(arguments: [0, 4]) func notesThatClaimTooMuchAreNone(_ field: Int) {
    for size in [UInt32.max, 0x7fff_ffff, 64, 8] {
      var note = ELFImage.note(name: Self.gnu, type: 3, descriptor: Self.buildID)
      note.put(size, at: field)
      #expect(buildID(of: ELFImage(sections: [.init(name: ".note", type: 7, contents: note)]).bytes) == nil)
    }
  }

  @Test func brokenNotesDoNotHideOthers() {
    let note = ELFImage.note(name: Self.gnu, type: 3, descriptor: Self.buildID)
    let image = ELFImage(sections: [
      .init(name: ".broken", type: 7, contents: Array(note.dropLast())),
      .init(name: ".note", type: 7, contents: note),
    ])
    #expect(buildID(of: image.bytes) == Self.buildID)
  }

  /// What is found must lie inside, or reading it would crash.
  @Test(arguments: 0..<8) func survivesMutation(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let artifact = try EngineArtifact.empty(of: EngineUnderTest.version)
    var touched = 0
    for original in [Self.image.bytes, Array(artifact.prefix(4096)), artifact] {
      for _ in 0..<200 {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) { bytes = random.mutating(bytes) }
        // Most mutations should get past the first check.
        if bytes.count >= 6 { bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) }
        // Of the headers, so that large artifacts are hit where it matters, too.
        for _ in 0..<4 where bytes.count >= 64 {
          bytes[Int.random(in: 0x28..<64, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
          if Bool.random(using: &random) { break }
        }
        bytes.withUnsafeBytes { buffer in
          guard let file = ELFFile(buffer) else { return }
          for name in [".text", ".wasmtime.engine", ".shstrtab", ""] {
            guard let contents = file.section(named: name) else { continue }
            touched = touched &+ Int(contents.first ?? 0) &+ Int(contents.last ?? 0)
          }
          touched = touched &+ (file.buildID?.count ?? 0)
          _ = CompatibilityRecord(artifact: buffer).map { $0.version + $0.target }
        }
      }
    }
  }
}
