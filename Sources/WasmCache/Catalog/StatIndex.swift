package import LinuxIO
package import SystemPackage
internal import WasmEngine

/// The remembered files below one root, in memory: stamp → module, without reading the file.
///
/// The value never changes, so any number of threads may look things up. A file takes 94 bytes: 88 for the entry, 6 for
/// the open-addressing table of entry numbers over (device, inode) at two thirds full.
///
/// The run's `DistinctModules` has such a table, too. (Rejected: one type for both. It would be given a closure that compares,
/// and a look-up takes 11 ns with it instead of 6, measured with 10,000 entries.)
package struct StatIndex: Sendable {
  package let root: FilePath
  private let entries: ContiguousArray<StatEntry>
  private let devices: [UInt64]
  private let slots: ContiguousArray<UInt32>
  /// When the catalog last wrote anything for this root, in nanoseconds since 1970; 0 if never.
  let written: Int64
  /// When the catalog last wrote where this root's modules were seen; 0 if never.
  let sighted: Int64
  /// Whether only some of the root's files were asked for.
  let isPartial: Bool

  /// The index that knows nothing, for a run without a catalog.
  package init(root: FilePath, isPartial: Bool = false) {
    self.init(StatIndexBuilder(root: root, expecting: 0), written: 0, sighted: 0, isPartial: isPartial)
  }

  init(_ builder: consuming StatIndexBuilder, written: Int64, sighted: Int64, isPartial: Bool = false) {
    root = builder.root
    entries = builder.entries
    devices = builder.devices
    slots = Self.table(of: builder.entries, builder.devices)
    self.written = written
    self.sighted = sighted
    self.isPartial = isPartial
  }

  package var count: Int { entries.count }

  // MARK: Looking up

  package enum Answer: Hashable, Sendable {
    /// `number` stands for the file in a ``SeenFiles``.
    case known(KnownModule, number: Int)
    case unknown(StampDoubt)
  }

  /// Looks up the contents of a file with this stamp.
  ///
  /// - Parameter now: nanoseconds since 1970; one reading of the clock will do for a whole run.
  package func lookup(_ stamp: FileStamp, now: Int64) -> Answer {
    guard let number = find(device: stamp.device, inode: stamp.inode) else { return .unknown(.notRemembered) }
    let row = self[number]
    if let doubt = StampTrust.doubt(remembered: row.stamp, hashed: row.hashed, current: stamp, now: now) {
      return .unknown(doubt)
    }
    return .known(row.module, number: number)
  }

  /// The row of a file by its number. It is true as long as the file has this stamp.
  package subscript(number: Int) -> StatRow {
    let entry = entries[number]
    return entry.row(device: devices[Int(entry.device)])
  }

  func find(device: UInt64, inode: UInt64) -> Int? {
    guard !slots.isEmpty else { return nil }
    var slot = Self.slot(device: device, inode: inode, of: slots.count)
    // The loop ends, because a third of the slots is free.
    while slots[slot] != Self.free {
      let number = Int(slots[slot])
      if entries[number].inode == inode && devices[Int(entries[number].device)] == device { return number }
      slot = slot + 1 == slots.count ? 0 : slot + 1
    }
    return nil
  }

  // MARK: The table

  private static let free = UInt32.max

  private static func table(of entries: ContiguousArray<StatEntry>, _ devices: [UInt64]) -> ContiguousArray<UInt32> {
    guard !entries.isEmpty else { return [] }
    var slots = ContiguousArray(repeating: free, count: entries.count + entries.count / 2 + 1)
    for (number, entry) in entries.enumerated() {
      var slot = slot(device: devices[Int(entry.device)], inode: entry.inode, of: slots.count)
      while slots[slot] != free { slot = slot + 1 == slots.count ? 0 : slot + 1 }
      slots[slot] = UInt32(number)
    }
    return slots
  }

  /// Inodes of one tree are nearly consecutive, so they are spread by multiplication before the high bits are used.
  private static func slot(device: UInt64, inode: UInt64, of count: Int) -> Int {
    let mixed = (inode ^ device << 32 ^ device >> 32) &* 0x9e37_79b9_7f4a_7c15
    return Int((mixed ^ mixed >> 29).multipliedFullWidth(by: UInt64(count)).high)
  }
}
