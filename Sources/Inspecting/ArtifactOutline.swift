package import WasmEngine

/// The contents of an artifact, as its ELF sections and symbols tell them.
package struct ArtifactOutline: Sendable {
  package struct Section: Hashable, Sendable {
    package let name: String
    package let size: Int
  }

  package struct Function: Hashable, Sendable {
    package let name: String
    /// Bytes of its code.
    package let size: Int
  }

  package let record: CompatibilityRecord
  package let sections: [Section]
  /// How many functions there are, and the bytes of their code.
  package let functionCount: Int
  package let codeSize: Int
  /// The largest, largest first.
  package let largest: [Function]

  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - count: how many functions to name.
  /// - Returns: nil if it is no artifact of a libwasmtime.
  package init?(_ bytes: UnsafeRawBufferPointer, largest count: Int) {
    guard let file = ELFFile(bytes), let record = CompatibilityRecord(artifact: bytes) else { return nil }
    self.record = record
    sections = file.allSections.map { Section(name: $0.name, size: $0.size) }
    // Names last, because a file may let a million symbols share one long text.
    let functions = file.functions.sorted { ($1.size, $0.name) < ($0.size, $1.name) }
    functionCount = functions.count
    codeSize = functions.reduce(0) { $0 &+ $1.size }
    largest = functions.prefix(count).map { Function(name: file.name($0), size: $0.size) }
  }
}
