internal import Dispatch
internal import Synchronization
internal import SystemPackage
internal import WasmCache

/// The stages *hash* and *look up*: reads every file on all lanes, and asks the cache for each.
struct Inspection {
  let directories: [EngineDirectory?]
  let lanes: Int

  /// - Returns: one result a path, in the paths' order; fewer when the run was cancelled meanwhile.
  func run(_ paths: [FilePath], cancellation: Cancellation) -> [Result<InspectedFile, FailedFile>] {
    let results = Mutex<[Result<InspectedFile, FailedFile>?]>(Array(repeating: nil, count: paths.count))
    let next = Atomic(0)
    // Blocks, so that lanes seldom meet at the counter or at the lock.
    let block = max(1, min(64, paths.count / (4 * lanes)))
    DispatchQueue.concurrentPerform(iterations: min(lanes, max(1, paths.count))) { _ in
      let reader = ModuleReader()
      while !cancellation.isCancelled {
        let start = next.add(block, ordering: .relaxed).oldValue
        guard start < paths.count else { return }
        let range = start..<min(start + block, paths.count)
        let found = range.map { index in
          Result { () throws(FailedFile) in
            do throws(ModuleFailure) { return try inspect(paths[index], reader) } catch {
              throw FailedFile(path: paths[index], failure: error)
            }
          }
        }
        results.withLock { results in
          for (index, result) in zip(range, found) { results[index] = result }
        }
      }
    }
    return results.withLock { $0.compactMap { $0 } }
  }

  private func inspect(_ path: FilePath, _ reader: borrowing ModuleReader) throws(ModuleFailure) -> InspectedFile {
    let facts = try reader.facts(of: path)
    return InspectedFile(
      path: path, facts: facts,
      lookups: directories.map { $0?.lookUp(facts.hash) ?? .absent(.newModule) })
  }
}
