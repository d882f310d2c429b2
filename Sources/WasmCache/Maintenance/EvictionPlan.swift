package import LinuxIO

/// The entries and objects that have to go from a cache for it to keep within limits.
///
/// Useless ones go in any case: objects that no entry names, entries without their object, and objects that were moved
/// aside a month ago. In a cache that was copied without its links, objects keep their chance to be named again. Beyond
/// that, an object goes together with all entries that name it. The object that was used longest ago goes first.
package struct EvictionPlan: Sendable {
  package enum Cause: String, CaseIterable, Sendable {
    case tooOld = "too old"
    case otherEngine = "of an old engine"
    case leastRecentlyUsed = "least recently used"
    /// An object that no entry names. One is left behind when an artifact is made again and comes out different.
    case unnamed = "named by no entry"
    case dangling = "without an artifact"
    case corrupt
    /// Its module was named.
    case named
  }

  /// Entries and objects that go together. If both are empty, nothing goes.
  package struct Victim: Sendable {
    package var entries: [CacheInventory.Entry]
    package var object: CacheInventory.Object?
    package var cause: Cause

    /// Bytes that come free.
    package var size: Int64 { object?.size ?? 0 }
  }

  package private(set) var victims: [Victim] = []

  private static let keepsCorrupt: Int64 = 30 * 24 * 3_600_000_000_000

  /// - Parameters:
  ///   - now: nanoseconds since 1970.
  ///   - isSetAside: whether an entry's missing object is kept in `corrupt`. Such an entry stays, because it tells why the
  ///     module is compiled again.
  package init(
    _ inventory: CacheInventory, _ limits: EvictionLimits, space: FileSystemSpace, now: Int64,
    isSetAside: (ArtifactDigest) -> Bool
  ) {
    if let isNamed = limits.modules {
      victims = Self.victims(inventory, of: isNamed)
      return
    }
    var entries = [ArtifactDigest: [CacheInventory.Entry]](minimumCapacity: inventory.objects.count)
    var old = [ArtifactDigest: [CacheInventory.Entry]]()
    for entry in inventory.entries {
      guard inventory.object(of: entry) != nil, let digest = entry.digest else {
        // A file that is no link may be anything. It is left to `cache verify`.
        if limits.size == 0 || entry.digest.map({ !isSetAside($0) }) ?? false {
          victims.append(Victim(entries: [entry], object: nil, cause: .dangling))
        }
        continue
      }
      // A directory that does not say what it is for may be today's.
      if let engine = inventory.engines[entry.engine].description, limits.isOld(engine) {
        old[digest, default: []].append(entry)
      } else {
        entries[digest, default: []].append(entry)
      }
    }

    var total = inventory.size
    let available = space.available
    let enough = max(available, limits.free?.bytes(ofTotal: space.total) ?? 0)
    var freed: Int64 = 0
    // An empty artifact takes no room, but goes with all the rest.
    func mustShrink() -> Bool { limits.size == 0 || total > limits.size ?? .max || available + freed < enough }
    func drop(_ object: CacheInventory.Object) {
      total -= object.size
      freed += object.size
    }

    for object in inventory.corrupt where mustShrink() || object.stamp.changed < now - Self.keepsCorrupt {
      victims.append(Victim(entries: [], object: object, cause: .corrupt))
      drop(object)
    }
    // Their links can be made again.
    let keepsUnnamed = inventory.hasLostEveryEntry || inventory.entries.contains(where: \.isCopy)
    var used: [(object: CacheInventory.Object, entries: [CacheInventory.Entry], last: Int64)] = []
    for object in inventory.objects.values {
      let oldEntries = old[object.digest]
      if let entries = entries[object.digest], let last = entries.map(\.lastUse).max() {
        used.append((object, entries, last))
        if let oldEntries { victims.append(Victim(entries: oldEntries, object: nil, cause: .otherEngine)) }
      } else if oldEntries == nil && keepsUnnamed {
        used.append((object, [], object.written))
      } else {
        victims.append(
          Victim(entries: oldEntries ?? [], object: object, cause: oldEntries == nil ? .unnamed : .otherEngine))
        drop(object)
      }
    }
    // All uses of one day are ties. They are ordered by size, so that fewer artifacts have to be made again.
    used.sort { ($0.last, $1.object.size) < ($1.last, $0.object.size) }
    for (object, entries, last) in used {
      let isTooOld = limits.age.map { last < now - $0 } ?? false
      guard isTooOld || mustShrink() else { continue }
      victims.append(
        Victim(entries: entries, object: object, cause: isTooOld ? .tooOld : .leastRecentlyUsed))
      drop(object)
    }
  }

  /// The artifacts of some modules. An object that another module's entry names stays.
  private static func victims(_ inventory: CacheInventory, of isNamed: (WasmHash) -> Bool) -> [Victim] {
    var named: [ArtifactDigest: [CacheInventory.Entry]] = [:]
    var others: Set<ArtifactDigest> = []
    for entry in inventory.entries {
      guard let digest = entry.digest, inventory.object(of: entry) != nil else { continue }
      if isNamed(entry.module) { named[digest, default: []].append(entry) } else { others.insert(digest) }
    }
    return named.sorted { $0.key.description < $1.key.description }.map { digest, entries in
      Victim(entries: entries, object: others.contains(digest) ? nil : inventory.objects[digest], cause: .named)
    }
  }
}
