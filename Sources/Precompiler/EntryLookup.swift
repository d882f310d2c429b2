internal import Dispatch
internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// The stage *look up*: asks the cache for each module.
///
/// Where nothing changed since every module was found, the cache's directories say so, and no entry is looked at.
struct EntryLookup {
  let contents: [ModuleContent]
  /// For each engine, its part of the cache; nil if there is no cache.
  let directories: [EngineDirectory?]
  let lanes: Int

  /// From how many modules on it pays to look at 257 directories first.
  private static let fewest = 96

  /// - Parameter memory: asked for, and told of, states in which every entry is there.
  func run(_ memory: inout RunMemory) -> [EngineLookups] {
    guard contents.count >= Self.fewest else { return directories.map { .each(lookUp(in: $0)) } }
    let now = WallClock.now()
    // Before any entry is looked at: what changes meanwhile makes it another state.
    let objects = directories.lazy.compactMap { $0 }.first.flatMap { ObjectsState($0.cache, now: now) }
    let modules = contents.map(\.facts.hash)
    return directories.map { directory in
      let state = objects.flatMap { directory?.state(of: modules, $0, now: now) }
      if let state, memory.knows(state) { return .allPresent }
      let lookups = lookUp(in: directory)
      if let state, lookups.allSatisfy({ if case .present = $0 { true } else { false } }) { memory.remember(state) }
      return .each(lookups)
    }
  }

  private func lookUp(in directory: EngineDirectory?) -> [Lookup] {
    guard let directory else { return Array(repeating: .absent(.newModule), count: contents.count) }
    let size = max(1, min(256, contents.count / (4 * lanes)))
    let blocks = (contents.count + size - 1) / size
    let results = Mutex(Array(repeating: [Lookup](), count: blocks))
    DispatchQueue.concurrentPerform(iterations: blocks) { block in
      let found = contents[block * size..<min((block + 1) * size, contents.count)].map {
        directory.lookUp($0.facts.hash)
      }
      results.withLock { $0[block] = found }
    }
    return results.withLock { $0.flatMap { $0 } }
  }
}

/// What one engine's part of the cache has for a run's distinct modules.
enum EngineLookups {
  case allPresent
  /// In the modules' order.
  case each([Lookup])

  subscript(module: Int) -> MissReason? {
    switch self {
    case .allPresent: nil
    case .each(let lookups): if case .absent(let reason) = lookups[module] { reason } else { nil }
    }
  }
}
