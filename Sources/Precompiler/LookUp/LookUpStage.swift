internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// The stage *look up*: asks the cache for each module.
///
/// Where nothing changed since every module was found, the cache's directories say so, and no entry is looked at, see
/// ``DirectoryFingerprint``.
struct LookUpStage {
  let contents: [ModuleContent]
  /// For each engine, its part of the cache; nil if there is no cache.
  let directories: [EngineDirectory?]
  let lanes: Int
  /// Whether to look at each entry, whatever the directories say.
  var looksAtEach = false
  /// Nanoseconds since 1970.
  var now = WallClock.now()

  /// From how many modules on it pays to know whether anything changed.
  static let fewest = 96

  /// - Parameter memory: asked for, and told of, states in which every entry is there.
  /// - Throws: if somebody else may decide what the cache's entries are.
  func run(_ memory: inout RunCatalog) throws(CacheError) -> [EngineLookups] {
    guard let cache = directories.lazy.compactMap({ $0 }).first?.cache else {
      return directories.map { .each(lookUp(in: $0, memory)) }
    }
    for directory in directories { try directory?.requireTrusted() }
    guard contents.count >= Self.fewest else {
      for directory in directories {
        for content in contents { try directory?.requireTrusted(content.facts.hash) }
      }
      return directories.map { .each(lookUp(in: $0, memory)) }
    }
    // Before any entry is looked at: what changes meanwhile makes it another state.
    let objects = try ObjectsState(cache, now: now)
    guard objects.isSettled else { return directories.map { .each(lookUp(in: $0, memory)) } }
    var modules = ModulesDigest()
    for content in contents { modules.add(content.facts.hash) }
    return directories.map { directory in
      guard let directory, let state = directory.state(of: modules, objects, now: now) else {
        return .each(lookUp(in: directory, memory))
      }
      if !looksAtEach && memory.knows(state) { return .allPresent }
      let lookups = lookUp(in: directory, memory)
      if lookups.allSatisfy(\.isPresent) { memory.remember(state) }
      return .each(lookups)
    }
  }

  private func lookUp(in directory: EngineDirectory?, _ memory: RunCatalog) -> [Lookup] {
    guard let directory else { return Array(repeating: .absent(.newModule), count: contents.count) }
    var lookups = lookUp(in: directory)
    // An entry that is gone leaves nothing in the cache to tell that it was there.
    let missing = lookups.indices.filter { [.absent(.newModule), .absent(.engineChanged)].contains(lookups[$0]) }
    guard !missing.isEmpty else { return lookups }
    let compiled = memory.compiled(missing.map { contents[$0].facts.hash }, by: directory.identity)
    for index in missing where compiled.contains(contents[index].facts.hash) { lookups[index] = .absent(.evicted) }
    return lookups
  }

  private func lookUp(in directory: EngineDirectory) -> [Lookup] {
    let size = max(1, min(256, contents.count / (4 * lanes)))
    let blocks = (contents.count + size - 1) / size
    let results = Mutex(Array(repeating: [Lookup](), count: blocks))
    concurrently(blocks, lanes: lanes) { block in
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

extension Lookup {
  fileprivate var isPresent: Bool { if case .present = self { true } else { false } }
}
