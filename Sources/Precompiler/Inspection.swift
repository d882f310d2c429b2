internal import Dispatch
internal import LinuxIO
internal import Scanning
internal import Synchronization
internal import WasmCache

/// The stage *hash*: learns what module each file is, from memory where that can be trusted and by reading it where not.
struct Inspection {
  let scan: ScanResult
  let indexes: RootIndexes
  let lanes: Int
  /// Bytes.
  let largestModule: Int

  /// - Returns: the files in the scan's order; not all of them if the run was cancelled meanwhile.
  func run(cancellation: Cancellation) -> InspectionResult {
    let results = Mutex<[InspectionResult?]>([])
    // Blocks, so that lanes seldom meet at the counter or at the lock.
    let size = max(1, min(256, scan.count / (4 * lanes)))
    let blocks = (scan.count + size - 1) / size
    results.withLock { $0 = Array(repeating: nil, count: blocks) }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(lanes, max(1, blocks))) { _ in
      let reader = ModuleReader(limit: largestModule)
      while !cancellation.isCancelled {
        let block = next.add(1, ordering: .relaxed).oldValue
        guard block < blocks else { return }
        let found = inspect(block * size..<min((block + 1) * size, scan.count), reader)
        results.withLock { $0[block] = found }
      }
    }
    return results.withLock { $0.reduce(into: InspectionResult()) { $0.append($1 ?? InspectionResult()) } }
  }

  private func inspect(_ range: Range<Int>, _ reader: borrowing ModuleReader) -> InspectionResult {
    var result = InspectionResult()
    result.files.reserveCapacity(range.count)
    let now = WallClock.now()
    for index in range {
      let source = scan[index]
      do throws(ModuleFailure) {
        result.files.append(try learn(index, source, now, reader))
      } catch {
        result.failures.append(FailedFile(path: source.path, failure: error))
      }
    }
    return result
  }

  private func learn(
    _ index: Int, _ source: SourceFile, _ now: Int64, _ reader: borrowing ModuleReader
  ) throws(ModuleFailure) -> InspectedFile {
    let stamp = source.stamp
    if case .known(let module, let number) = indexes[root: source.root].lookup(stamp, now: now) {
      let facts = ModuleFacts(hash: module.hash, kind: module.kind, size: Int(clamping: stamp.size))
      return InspectedFile(index: index, facts: facts, origin: .remembered(number: number))
    }
    let begun = WallClock.now()
    let module = try reader.read(source.path)
    return InspectedFile(index: index, facts: module.facts, origin: .read(module.stamp, begun: begun))
  }
}

/// What was learnt of the scan's files.
struct InspectionResult: Sendable {
  var files: [InspectedFile] = []
  var failures: [FailedFile] = []

  fileprivate mutating func append(_ other: InspectionResult) {
    files += other.files
    failures += other.failures
  }
}

/// A file that is known to be a module.
struct InspectedFile: Sendable {
  enum Origin: Sendable {
    /// - Parameter number: the file's place in its root's index.
    case remembered(number: Int)
    /// - Parameter begun: when reading began, in nanoseconds since 1970.
    case read(FileStamp, begun: Int64)
  }

  /// The file's place in the scan.
  let index: Int
  let facts: ModuleFacts
  let origin: Origin
}
