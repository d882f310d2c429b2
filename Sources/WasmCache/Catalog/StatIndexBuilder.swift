internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// Collects the rows of one sweep for a ``StatIndex``, without an allocation for each.
struct StatIndexBuilder {
  let root: FilePath
  private(set) var entries: ContiguousArray<StatEntry> = []
  private(set) var devices: [UInt64] = []

  var count: Int { entries.count }

  /// - Parameter files: the number of rows to expect; being wrong costs only time.
  init(root: FilePath, expecting files: Int64) {
    self.root = root
    // The capacity is bounded, so that a wrong number cannot cost gigabytes.
    entries.reserveCapacity(Int(min(max(files, 0), 1 << 20)))
  }

  mutating func append(_ row: StatRow) {
    guard entries.count < Int(UInt32.max), let device = number(of: row.stamp.device) else { return }
    entries.append(StatEntry(row, device: device))
  }

  /// A tree lies on few devices, and rows come sorted by device. Those beyond 65,536 stay unknown.
  private mutating func number(of device: UInt64) -> UInt16? {
    if devices.last == device { return UInt16(exactly: devices.count - 1) }
    if let known = devices.firstIndex(of: device) { return UInt16(exactly: known) }
    guard let number = UInt16(exactly: devices.count) else { return nil }
    devices.append(device)
    return number
  }
}

/// One file in a ``StatIndex``: a ``StatRow`` in 88 bytes.
struct StatEntry {
  let inode: UInt64
  private let size: Int64
  private let modified: Int64
  private let changed: Int64
  private let hashed: Int64
  private let weight: Int64
  private let hash: WasmHash
  private let mode: UInt32
  /// Place in the index's table of devices.
  let device: UInt16
  private let kind: ModuleKind

  init(_ row: StatRow, device: UInt16) {
    inode = row.stamp.inode
    size = row.stamp.size
    modified = row.stamp.modified
    changed = row.stamp.changed
    hashed = row.hashed
    weight = row.module.weight
    hash = row.module.hash
    mode = row.stamp.mode
    self.device = device
    kind = row.module.kind
  }

  func row(device: UInt64) -> StatRow {
    StatRow(
      stamp: FileStamp(
        device: device, inode: inode, size: size, modified: modified, changed: changed, mode: mode),
      hashed: hashed, module: KnownModule(hash: hash, kind: kind, weight: weight))
  }
}
