internal import LinuxIO
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache

/// The stage *hash*: learns what module each file is. It trusts the catalog where it can, and reads other files.
struct HashStage {
  let scan: ScanResult
  let indexes: RootIndexes
  let lanes: Int
  /// Bytes.
  let largestModule: Int
  let avoidsWriters: Bool
  /// How much of the modules that had to be read is kept for compiling.
  var retained = RetainedModules.none

  /// - Parameter isOver: asked now and then whether the result is no longer wanted.
  /// - Returns: what was found; not of all files if it was over before.
  func run(until isOver: @Sendable () -> Bool) -> HashResult {
    // Files are taken in blocks, so that lanes seldom meet at the counter or at the lock.
    let size = max(1, min(256, scan.count / (16 * lanes)))
    let blocks = stride(from: 0, to: scan.count, by: size).map { $0..<min($0 + size, scan.count) }
    let results = Mutex([HashResult?](repeating: nil, count: blocks.count))
    let budget = RetainedModules.Budget(retained)
    concurrently(blocks.count, lanes: lanes) { block in
      if isOver() { return }
      let reader = ModuleReader(limit: largestModule, avoidsWriters: avoidsWriters)
      let found = hash(blocks[block], reader, budget, isOver)
      results.withLock { $0[block] = found }
    }
    var all = HashResult()
    all.remembered.reserveCapacity(scan.count)
    for (block, found) in zip(blocks, results.withLock { $0 }) { all.append(found ?? .nothing(of: block.count)) }
    return all
  }

  private func hash(
    _ range: Range<Int>, _ reader: borrowing ModuleReader, _ budget: borrowing RetainedModules.Budget,
    _ isOver: @Sendable () -> Bool
  ) -> HashResult {
    var result = HashResult()
    result.remembered.reserveCapacity(range.count)
    let now = WallClock.now()
    var cursor = IndexCursor(scan, indexes)
    for file in range {
      cursor.move(to: file)
      let stamp = scan.stamp(at: file)
      if case .known(_, let number) = cursor.index.lookup(stamp, now: now) {
        result.remembered.append(UInt32(number))
        continue
      }
      result.remembered.append(HashResult.none)
      if isOver() { continue }
      let path = scan[file].path
      let size = Int(clamping: stamp.size)
      let isToBeKept = budget.take(size)
      do throws(ModuleFailure) {
        let module = try reader.read(path, keepingUpTo: isToBeKept ? size : 0)
        if isToBeKept && module.kept == nil { budget.giveBack(size) }
        result.read.append(ReadFile(index: file, module: module))
      } catch {
        if isToBeKept { budget.giveBack(size) }
        result.failures.append(FailedFile(path: path, failure: error))
      }
    }
    return result
  }
}

/// The findings about the scan's files: four bytes for each that did not change since it was remembered.
struct HashResult: Sendable {
  /// For each file of the scan, its number in its root's index, or ``none``.
  fileprivate(set) var remembered: [UInt32] = []
  /// The files that had to be read, in the scan's order.
  fileprivate(set) var read: [ReadFile] = []
  fileprivate(set) var failures: [FailedFile] = []

  /// No index has so many files.
  static let none = UInt32.max

  /// The findings of a cancelled run about files that it did not come to.
  fileprivate static func nothing(of count: Int) -> HashResult {
    var nothing = HashResult()
    nothing.remembered = Array(repeating: none, count: count)
    return nothing
  }

  fileprivate mutating func append(_ other: HashResult) {
    remembered += other.remembered
    read += other.read
    failures += other.failures
  }

  /// Calls `body` with each file that is a module, in the scan's order.
  func forEachModule(_ scan: ScanResult, _ indexes: RootIndexes, _ body: (_ file: Int, ModuleFacts) -> Void) {
    var cursor = IndexCursor(scan, indexes)
    var unread = read[...]
    for (file, number) in remembered.enumerated() {
      if number == Self.none {
        if unread.first?.index == file, let next = unread.popFirst() { body(file, next.module.facts) }
        continue
      }
      cursor.move(to: file)
      body(file, ModuleFacts(cursor.index[Int(number)]))
    }
  }

  /// Hands out the modules that were read and kept. The caller decides how long they are kept.
  mutating func takeRetained() -> [WasmHash: LoadedModule] {
    var kept: [WasmHash: LoadedModule] = [:]
    for index in read.indices {
      if let module = read[index].module.kept { kept[module.facts.hash] = module }
      read[index].module.kept = nil
    }
    return kept
  }

  /// The distinct modules among the files, in the order found.
  func contents(of scan: ScanResult, _ indexes: RootIndexes) -> [ModuleContent] {
    var distinct = DistinctModules(of: scan, limit: scan.count)
    forEachModule(scan, indexes) { distinct.add($0, $1) }
    return distinct.contents
  }
}

extension ModuleFacts {
  /// The remembered module of a file that did not change since.
  init(_ row: StatRow) {
    self.init(hash: row.module.hash, kind: row.module.kind, size: Int(clamping: row.stamp.size))
  }
}

/// Keeps at hand the index that one file after another belongs to. The index seldom changes, and taking it anew for
/// each file would count references that all lanes share.
private struct IndexCursor {
  private let scan: ScanResult
  private let indexes: RootIndexes
  private var root: Int?
  private(set) var index = StatIndex(root: FilePath())

  init(_ scan: ScanResult, _ indexes: RootIndexes) {
    self.scan = scan
    self.indexes = indexes
  }

  /// - Parameter file: its place in the scan.
  mutating func move(to file: Int) {
    let root = scan.root(at: file)
    guard root != self.root else { return }
    self.root = root
    index = indexes[root: root]
  }
}

/// A file that was read and is a module.
struct ReadFile: Sendable {
  /// The file's place in the scan.
  let index: Int
  var module: ReadModule
}
