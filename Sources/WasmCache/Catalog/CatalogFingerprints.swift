extension Catalog {
  /// Whether a run of the last day found every entry that a state stands for.
  ///
  /// - Parameter now: nanoseconds since 1970.
  package func knows(_ state: DirectoryFingerprint, now: Int64) -> Bool {
    read(or: false) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare("SELECT checked FROM fingerprints WHERE digest = ?1")
      statement.bind(1, state.blob)
      guard try statement.step() else { return false }
      // What was checked later than now says that a clock was set.
      return (now - DirectoryFingerprint.lifetime...now).contains(statement.integer(0))
    }
  }
}

extension DirectoryFingerprint {
  /// Nanoseconds for which a state is believed.
  fileprivate static let lifetime: Int64 = 24 * 3_600_000_000_000

  /// How many are kept: some for each project and engine that share a cache. Of those that a change of the cache has
  /// outdated none is ever met again.
  private static let kept: Int64 = 256

  static func write(_ states: [DirectoryFingerprint], now: Int64, _ connection: SQLiteConnection) throws(SQLiteError) {
    guard !states.isEmpty else { return }
    let statement = try connection.prepare("REPLACE INTO fingerprints VALUES(?1, ?2)")
    for state in states {
      statement.bind(1, state.blob)
      statement.bind(2, now)
      try statement.run()
    }
    let oldest = try connection.prepare(
      "DELETE FROM fingerprints WHERE digest IN (SELECT digest FROM fingerprints ORDER BY checked DESC LIMIT -1 OFFSET ?1)"
    )
    oldest.bind(1, kept)
    try oldest.run()
  }
}
