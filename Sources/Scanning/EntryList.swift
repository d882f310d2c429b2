internal import Glibc
internal import LinuxIO

/// One name in a directory that is a module, may be one, or is a directory to go on with.
struct ListedEntry: Sendable {
  enum Kind: UInt8, Sendable { case file, link, directory, linkedDirectory }

  /// The first bytes in which the names of this directory differ, as a number that orders like them.
  var order: UInt64 = 0
  let nameStart: UInt32
  let nameLength: UInt16
  let kind: Kind

  var isDirectory: Bool { kind == .directory || kind == .linkedDirectory }
}

/// The entries of one directory with their names, gathered in the order of the directory and then sorted.
///
/// Names lie in one array, each followed by NUL. Those of directories end with a slash, so that sorting names sorts
/// paths: `a.wasm` is before `a/b.wasm`, but `a-b.wasm` is before both.
struct EntryList {
  private(set) var names: [UInt8] = []
  private(set) var entries: [ListedEntry] = []
  /// How many bytes all names begin with.
  private var common = 0

  mutating func removeAll() {
    names.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
  }

  mutating func append(_ name: EntryName, _ kind: ListedEntry.Kind) {
    let isDirectory = kind == .directory || kind == .linkedDirectory
    let length = name.length + (isDirectory ? 1 : 0)
    common = entries.isEmpty ? length : commonPrefix(with: name)
    entries.append(ListedEntry(nameStart: UInt32(names.count), nameLength: UInt16(length), kind: kind))
    names.append(contentsOf: name.bytes)
    if isDirectory { names.append(UInt8(ascii: "/")) }
    names.append(0)
  }

  /// How much of what all names so far share the first name shares with this one too.
  private func commonPrefix(with name: EntryName) -> Int {
    names.withUnsafeBytes { first in
      let limit = min(common, name.length)
      var length = 0
      while length < limit && first[length] == name.bytes[length] { length += 1 }
      return length
    }
  }

  /// Sorts by name, bytewise, and drops names that are there twice, which a directory shows when it changes meanwhile.
  mutating func sort() {
    guard entries.count > 1 else { return }
    names.withUnsafeBytes { names in
      for index in entries.indices {
        entries[index].order = Self.order(of: entries[index], in: names, after: common)
      }
      entries.sort { $0.order != $1.order ? $0.order < $1.order : Self.compare($0, $1, in: names) < 0 }
      for index in entries.indices.dropFirst().reversed()
      where entries[index].order == entries[index - 1].order
        && Self.compare(entries[index], entries[index - 1], in: names) == 0
      {
        entries.remove(at: index)
      }
    }
  }

  /// The eight bytes of the name after the first `common` as a big-endian number: what usually decides, without
  /// touching the names. A shorter name counts as filled up with zeros, which no name contains.
  private static func order(of entry: ListedEntry, in names: UnsafeRawBufferPointer, after common: Int) -> UInt64 {
    let start = Int(entry.nameStart) + common
    let count = Int(entry.nameLength) - common
    if start + 8 <= names.count {
      let bytes = UInt64(bigEndian: names.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      return count >= 8 ? bytes : bytes & ~(UInt64.max >> (8 * UInt64(count)))
    }
    return (0..<min(count, 8)).reduce(0) { $0 | UInt64(names[start + $1]) << (56 - 8 * UInt64($1)) }
  }

  private static func compare(_ a: ListedEntry, _ b: ListedEntry, in names: UnsafeRawBufferPointer) -> Int {
    let order = memcmp(
      names.baseAddress! + Int(a.nameStart), names.baseAddress! + Int(b.nameStart), Int(min(a.nameLength, b.nameLength))
    )
    return order != 0 ? Int(order) : Int(a.nameLength) - Int(b.nameLength)
  }
}
