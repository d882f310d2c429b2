extension Catalog {
  /// How many artifacts lower caches had when a run of the last day found every entry that a state stands for.
  ///
  /// - Parameter now: nanoseconds since 1970.
  /// - Returns: nil if there was no such run.
  package func fromLowerCaches(in state: DirectoryFingerprint, now: Int64) -> Int? {
    read(or: nil) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare("SELECT checked, lower, checksum FROM fingerprints WHERE digest = ?1")
      statement.bind(1, state.blob)
      guard try statement.step() else { return nil }
      let (checked, lower) = (statement.integer(0), statement.integer(1))
      guard state.checksum(checked: checked, lower: lower) == statement.integer(2) else {
        throw SQLiteError(damage: "a fingerprint's checksum is wrong")
      }
      // A state that was checked later than now says that a clock was set.
      guard (now - FoundState.lifetime...now).contains(checked) else { return nil }
      return Int(clamping: lower)
    }
  }
}

extension DirectoryFingerprint {
  fileprivate func checksum(checked: Int64, lower: Int64) -> Int64 {
    var checksum = CatalogChecksum(.fingerprints)
    checksum.add(blob)
    checksum.add(checked)
    checksum.add(lower)
    return checksum.signed
  }
}

/// A state in which a run found every entry.
package struct FoundState: Hashable, Sendable {
  package let fingerprint: DirectoryFingerprint
  /// How many of the artifacts were in lower caches.
  package let fromLowerCaches: Int

  package init(_ fingerprint: DirectoryFingerprint, fromLowerCaches: Int = 0) {
    self.fingerprint = fingerprint
    self.fromLowerCaches = fromLowerCaches
  }
}

extension FoundState {
  /// Nanoseconds for which a state is believed.
  fileprivate static let lifetime: Int64 = 24 * 3_600_000_000_000

  /// How many are kept: some for each project and engine that share a cache. A state that a change of the cache has
  /// outdated is never met again.
  private static let kept: Int64 = 256

  static func write(_ states: [FoundState], now: Int64, _ connection: SQLiteConnection) throws(SQLiteError) {
    guard !states.isEmpty else { return }
    let statement = try connection.prepare("REPLACE INTO fingerprints VALUES(?1, ?2, ?3, ?4)")
    for state in states {
      let lower = Int64(state.fromLowerCaches)
      statement.bind(1, state.fingerprint.blob)
      statement.bind(2, now)
      statement.bind(3, lower)
      statement.bind(4, state.fingerprint.checksum(checked: now, lower: lower))
      try statement.run()
    }
    let oldest = try connection.prepare(
      "DELETE FROM fingerprints WHERE digest IN (SELECT digest FROM fingerprints ORDER BY checked DESC LIMIT -1 OFFSET ?1)"
    )
    oldest.bind(1, kept)
    try oldest.run()
  }
}
