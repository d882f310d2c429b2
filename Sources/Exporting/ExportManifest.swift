internal import LinuxIO
internal import SystemPackage
internal import WasmCache

/// The exports in a directory, so that the next run knows its own work: which files are as it left them, and which it may
/// remove.
///
///     wasmprecompile exports 2 NUL
///     name NUL place NUL source NUL digest SPACE inode SPACE size SPACE modified NUL      for each export, sorted by name
///
/// Names, places and sources are raw bytes. Everybody who can write into the output directory can write this file. So it is believed
/// only as far as it can do no harm: names stay below the directory and end as artifacts do.
struct ExportManifest: Equatable {
  static let fileName = "exports"
  private static let header = "wasmprecompile exports 2"

  struct Record: Equatable {
    /// See ``ArtifactExport/place``.
    var place: FilePath
    /// The module's file, from the root.
    var source: FilePath
    /// The artifact's, in hexadecimal.
    var digest: String
    var stamp: Stamp
  }

  /// A file as it was left. Without the time of attributes, which changes when a hard link is made or goes.
  struct Stamp: Equatable {
    var inode: UInt64
    var size: Int64
    var modified: Int64

    init(inode: UInt64, size: Int64, modified: Int64) {
      self.inode = inode
      self.size = size
      self.modified = modified
    }

    init(_ status: FileStatus) {
      self.init(inode: status.stamp.inode, size: status.stamp.size, modified: status.stamp.modified)
    }
  }

  var records: [FilePath: Record] = [:]

  init() {}

  /// Reads what ``encoded`` gave; nil for anything else.
  init?(_ bytes: [UInt8]) {
    guard bytes.last == 0 else { return nil }
    let fields = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
    guard fields.first?.elementsEqual(Self.header.utf8) == true, fields.count % 4 == 1 else { return nil }
    for start in stride(from: 1, to: fields.count, by: 4) {
      let name = FilePath(bytes: fields[start])
      let place = FilePath(bytes: fields[start + 1])
      let numbers = String(decoding: fields[start + 3], as: UTF8.self).split(separator: " ")
      guard Self.isHarmless(name), place.isEmpty || name != place && name.starts(with: place), numbers.count == 4,
        let inode = UInt64(numbers[1]), let size = Int64(numbers[2]),
        let modified = Int64(numbers[3])
      else { return nil }
      records[name] = Record(
        place: place, source: FilePath(bytes: fields[start + 2]), digest: String(numbers[0]),
        stamp: Stamp(inode: inode, size: size, modified: modified))
    }
  }

  private static func isHarmless(_ name: FilePath) -> Bool {
    name.isRelative && !name.isEmpty && name.components.allSatisfy { $0.kind == .regular }
      && ArtifactFormat.isSuffix(".\(name.extension ?? "")")
  }

  var encoded: [UInt8] {
    var bytes = Array(Self.header.utf8) + [0]
    let sorted = records.map { (name: $0.key.bytes, record: $0.value) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for (name, record) in sorted {
      let stamp = record.stamp
      bytes += name + [0] + record.place.bytes + [0] + record.source.bytes + [0]
      bytes += Array("\(record.digest) \(stamp.inode) \(stamp.size) \(stamp.modified)".utf8) + [0]
    }
    return bytes
  }
}
