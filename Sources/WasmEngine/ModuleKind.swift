/// The kind of a WebAssembly binary, as the layer field of its preamble says.
///
/// Source: WebAssembly core specification, "Modules" (binary format), and the component model's `Binary.md`: bytes 0–3
/// are the magic number, bytes 4–5 the version, bytes 6–7 the layer, little-endian.
public enum ModuleKind: UInt8, Hashable, Sendable {
  /// A module of the core specification.
  case coreModule
  /// A component of the component model, which may hold modules.
  case component

  /// The size in bytes of the preamble.
  public static let preambleSize = 8

  /// Reads the preamble at the start of a file.
  ///
  /// - Parameters:
  ///   - start: the file's first bytes; more than ``preambleSize`` help only to recognize other formats.
  ///   - fileSize: the size in bytes of the whole file.
  /// - Throws: why the file is not a WebAssembly binary.
  public init(start: UnsafeRawBufferPointer, fileSize: Int) throws(NotWebAssembly) {
    let magic: [UInt8] = [0x00, 0x61, 0x73, 0x6d]
    guard fileSize > 0 else { throw .empty }
    let head = Array(start.prefix(Self.preambleSize))
    guard head.starts(with: magic.prefix(head.count)) else { throw NotWebAssembly(recognizing: start) }
    guard fileSize >= Self.preambleSize, head.count == Self.preambleSize else { throw .truncated(bytes: fileSize) }
    let version = UInt16(head[4]) | UInt16(head[5]) << 8
    let layer = UInt16(head[6]) | UInt16(head[7]) << 8
    switch (layer, version) {
    case (0, 1): self = .coreModule
    // The version of components still counts drafts, and the engine says better than we could which it reads.
    case (1, _): self = .component
    case (0, _): throw .unknownVersion(version)
    default: throw .unknownLayer(layer)
    }
  }
}

/// Why a file is not a WebAssembly binary.
public enum NotWebAssembly: Error, Hashable, Sendable {
  /// The file has no bytes.
  case empty
  /// The file has the right start, but fewer bytes than a preamble.
  case truncated(bytes: Int)
  /// The file is in WebAssembly's text format.
  case text
  /// The file is native code, as artifacts are.
  case elf
  /// The file is something else; its first bytes, at most four.
  case otherFormat(start: [UInt8])
  /// The preamble names a version of core modules that is not 1.
  case unknownVersion(UInt16)
  /// The preamble names a layer that is neither modules' nor components'.
  case unknownLayer(UInt16)

  init(recognizing start: UnsafeRawBufferPointer) {
    if start.starts(with: [0x7f, 0x45, 0x4c, 0x46]) {
      self = .elf
    } else if Self.looksLikeText(start) {
      self = .text
    } else {
      self = .otherFormat(start: Array(start.prefix(4)))
    }
  }

  /// The words that may follow the first parenthesis of a text.
  private static let openings = [
    "module", "component", "func", "type", "import", "export", "memory", "table", "global", "data", "elem", "start",
    "rec", "tag", "core", "assert", "invoke", "register",
  ]

  /// WebAssembly text opens with a parenthesis and one of a few words, after white space and comments. Other languages
  /// have parentheses and semicolons, too.
  private static func looksLikeText(_ start: UnsafeRawBufferPointer) -> Bool {
    var rest = start[...]
    while true {
      rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
      if rest.starts(with: ";;".utf8) {
        rest = rest.drop { $0 != 0x0a }
      } else if rest.starts(with: "(;".utf8) {
        // Comments nest, which hardly anybody uses.
        rest = rest.dropFirst(2)
        while !rest.isEmpty && !rest.starts(with: ";)".utf8) { rest = rest.dropFirst() }
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    guard rest.first == UInt8(ascii: "(") else { return false }
    let words = rest.dropFirst().drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    return openings.contains { words.starts(with: $0.utf8) }
  }
}

extension NotWebAssembly: CustomStringConvertible {
  /// The reason, to follow the file's name: `is empty`.
  public var description: String {
    switch self {
    case .empty:
      "is empty"
    case .truncated(let bytes):
      "is truncated: \(bytes) of the \(ModuleKind.preambleSize) bytes that every module starts with"
    case .text:
      "is WebAssembly text, not binary: convert it with `wat2wasm`"
    case .elf:
      "is native code (ELF), perhaps an artifact that was precompiled already: name the .wasm it came from"
    case .otherFormat(let start):
      "is not WebAssembly: it starts with \(start.spacedHex), not with 00 61 73 6d"
    case .unknownVersion(let version):
      "has WebAssembly binary version \(version): only version 1 is known"
    case .unknownLayer(let layer):
      "is neither a module nor a component: its layer field is \(layer)"
    }
  }
}
