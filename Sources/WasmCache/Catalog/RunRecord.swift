internal import LinuxIO

/// The findings of a run that the next one may want to know.
package struct RunRecord: Sendable {
  package var roots: [RootUpdate] = []
  package var engines: [EngineFinding] = []
  /// Where the modules hashed in this run were seen; all modules, if ``StatIndex/wantsSightings(now:)`` says so.
  package var sightings: [Sighting] = []
  package var compilations: [Compilation] = []
  /// The states in which it found every entry.
  package var fingerprints: [FoundState] = []
  /// The objects whose bytes it checked.
  package var checked: [CheckedObject] = []
  /// The statements whose signatures it checked.
  package var signed: [SignedStatement] = []
  /// The counts of this run.
  package var tally = Tally()

  package init() {}
}

/// The files that a scan found below one root, compared with the remembered ones.
package struct RootUpdate: Sendable {
  package var index: StatIndex
  /// The files that the index did not know and that were hashed.
  package var hashed: [StatRow]
  /// The files that it did know, so that the others can be forgotten; nil if the scan was not a complete one.
  package var seen: SeenFiles?

  package init(index: StatIndex, hashed: [StatRow], seen: SeenFiles?) {
    self.index = index
    self.hashed = hashed
    self.seen = seen
  }

  /// The files that the scan did not meet.
  var gone: [StatRow] {
    guard let seen, !seen.isComplete else { return [] }
    var met = Set<Int>()
    for row in hashed {
      if let number = index.find(device: row.stamp.device, inode: row.stamp.inode) { met.insert(number) }
    }
    return (0..<index.count).lazy.filter { !seen.contains($0) && !met.contains($0) }.map { index[$0] }
  }

  /// The files that need not be hashed again.
  var kept: [StatRow] { (0..<index.count).lazy.filter { seen?.contains($0) ?? true }.map { index[$0] } }
}

extension StatIndex {
  /// Nanoseconds after which a run writes its hits although it has nothing else to write.
  private static let tallyInterval: Int64 = 3_600_000_000_000
  private static let sightingInterval: Int64 = 24 * tallyInterval

  /// Whether this run is to say where it saw each module, though nothing changed: once a day.
  package func wantsSightings(now: Int64) -> Bool {
    !isPartial && Self.isDue(sighted, after: Self.sightingInterval, now)
  }

  func wantsTally(now: Int64) -> Bool { Self.isDue(written, after: Self.tallyInterval, now) }

  // A time in the future says that a clock was set back. It must not stop the writing until that time comes.
  private static func isDue(_ last: Int64, after interval: Int64, _ now: Int64) -> Bool {
    last > now || last < now - interval
  }
}

extension RunRecord {
  /// Whether it holds anything that must not wait. Otherwise the run leaves the catalog's files untouched.
  func isWorthWriting(now: Int64) -> Bool {
    !engines.isEmpty || !sightings.isEmpty || !compilations.isEmpty || !fingerprints.isEmpty || !checked.isEmpty
      || !signed.isEmpty || !tally.misses.isEmpty
      || max(tally.fetched, tally.shared, tally.compiledRemotely, tally.remoteErrors, tally.stored) > 0
      || roots.contains { !$0.hashed.isEmpty || !$0.gone.isEmpty || $0.index.wantsTally(now: now) }
  }
}
