extension Catalog {
  /// Whether an earlier run found every entry that a state stands for.
  package func knows(_ state: SettledState) -> Bool {
    read(or: false) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare("SELECT 1 FROM settled WHERE digest = ?1")
      statement.bind(1, state.blob)
      return try statement.step()
    }
  }
}

extension SettledState {
  /// How many are kept: some for each project and engine that share a cache. Of those that a change of the cache has
  /// outdated none is ever met again.
  private static let kept: Int64 = 256

  static func write(_ states: [SettledState], now: Int64, _ connection: SQLiteConnection) throws(SQLiteError) {
    guard !states.isEmpty else { return }
    let statement = try connection.prepare("REPLACE INTO settled VALUES(?1, ?2)")
    for state in states {
      statement.bind(1, state.blob)
      statement.bind(2, now)
      try statement.run()
    }
    let oldest = try connection.prepare(
      "DELETE FROM settled WHERE digest IN (SELECT digest FROM settled ORDER BY checked DESC LIMIT -1 OFFSET ?1)")
    oldest.bind(1, kept)
    try oldest.run()
  }
}
