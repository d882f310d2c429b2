internal import WasmEngine

/// A kind of artifact: how its files are named and recognized.
package struct ArtifactFormat: Hashable, Sendable {
  /// The name in `engine.json`: `wasmtime`.
  package let name: String
  /// The end of an entry's name, dot included.
  package let suffix: String
  /// The first bytes of every artifact.
  package let magic: [UInt8]
  /// The ELF section in which an artifact carries its compiler's record; nil if artifacts carry none.
  private let recordSection: String?

  package init(name: String, suffix: String, magic: [UInt8], recordSection: String? = nil) {
    self.name = name
    self.suffix = suffix
    self.magic = magic
    self.recordSection = recordSection
  }

  /// The ELF files that libwasmtime makes.
  package static let wasmtime = ArtifactFormat(
    name: "wasmtime", suffix: ".cwasm", magic: [0x7f, 0x45, 0x4c, 0x46], recordSection: CompatibilityRecord.sectionName)

  /// Whether a text can be the end of an artifact's name: a dot with a few letters and digits, and not a module's.
  package static func isSuffix(_ text: String) -> Bool {
    guard (2...longestSuffix).contains(text.utf8.count), text.utf8.first == UInt8(ascii: "."), text != ".wasm" else {
      return false
    }
    return text.utf8.dropFirst().allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
    }
  }

  /// Bytes, with the dot.
  private static let longestSuffix = 32

  /// Whether some bytes may be an artifact for hosts with this record: the one rule about what may be filed where.
  ///
  /// An artifact of a format that carries records may assume less than such a host has, and nothing else.
  func accepts(_ artifact: UnsafeRawBufferPointer, record: [UInt8]) -> Bool {
    guard artifact.starts(with: magic) else { return false }
    if !carriesRecord { return true }
    guard let own = self.record(of: artifact) else { return false }
    return own.elementsEqual(record)
      || CompatibilityRecord(bytes: record).covers(CompatibilityRecord(bytes: Array(own)))
  }

  var carriesRecord: Bool { recordSection != nil }

  /// The record that an artifact carries.
  func record(of artifact: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    recordSection.flatMap { ELFFile(artifact)?.section(named: $0) }
  }
}
