internal import WasmCache

/// The caches' answers about a run's distinct modules for one target.
struct TargetLookups {
  private enum Found {
    /// - Parameter fromLowerCaches: how many of them are in lower caches.
    case all(fromLowerCaches: Int)
    /// The answers in the modules' order.
    case each([Lookup])
  }

  private var found: Found
  /// Positions of modules that lower caches have.
  private(set) var fetched: Set<Int> = []
  /// The state of the caches' directories, where it is worth remembering that everything is there.
  private(set) var fingerprint: DirectoryFingerprint?

  /// The number of modules from which it pays to know whether anything changed.
  static let fewest = 96

  /// Everything is there, as an earlier run found.
  init(allPresentFromLowerCaches count: Int) {
    found = .all(fromLowerCaches: count)
    fingerprint = nil
  }

  init(_ lookups: [Lookup], fingerprint: DirectoryFingerprint?) {
    found = .each(lookups)
    self.fingerprint = fingerprint
  }

  /// Why a module is missing; nil if it is there.
  subscript(module: Int) -> MissReason? {
    switch found {
    case .all: nil
    case .each(let lookups): if case .absent(let reason) = lookups[module] { reason } else { nil }
    }
  }

  /// Positions of the modules that are not there.
  var missing: [Int] {
    switch found {
    case .all: []
    case .each(let lookups): lookups.indices.filter { !lookups[$0].isPresent }
    }
  }

  /// Whether each entry was looked at.
  var isLookedAt: Bool { if case .each = found { true } else { false } }

  var fromLowerCaches: Int { if case .all(let count) = found { count } else { fetched.count } }

  /// Notes that a lower cache has something that cannot be used: the next run is to find it, too.
  mutating func noteTrouble() { fingerprint = nil }

  /// Notes what a lower cache knows of a missing module, if nothing else is known of it.
  mutating func explain(_ module: Int, _ reason: MissReason) {
    if self[module] == .newModule { set(module, .absent(reason)) }
  }

  /// Notes that a lower cache has a module.
  mutating func fetch(_ module: Int, size: Int) {
    guard case .each = found else { return }
    set(module, .present(size: size))
    fetched.insert(module)
  }

  private mutating func set(_ module: Int, _ lookup: Lookup) {
    guard case .each(var lookups) = found else { return }
    // The array is moved out, so that it is not copied for each module.
    found = .each([])
    lookups[module] = lookup
    found = .each(lookups)
  }
}

extension Lookup {
  fileprivate var isPresent: Bool { if case .present = self { true } else { false } }
}
