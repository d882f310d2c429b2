internal import LinuxIO

/// Puts a run's findings into the tables.
struct CatalogWriter {
  let connection: SQLiteConnection
  /// Nanoseconds since 1970.
  let now: Int64
  /// Whether to write the rows of the indexes too, because the catalog that they came from is gone.
  let isNew: Bool

  private static let day: Int64 = 24 * 3_600_000_000_000
  private static let lifetime = 90 * day

  func write(_ record: RunRecord) throws(SQLiteError) {
    try transaction { () throws(SQLiteError) in
      for update in record.roots { try write(update, sighted: sighted(update, record)) }
      for finding in record.engines { try finding.write(connection) }
      try Sighting.write(record.sightings, connection)
      try Compilation.write(record.compilations, connection)
      try FoundState.write(record.fingerprints, now: now, connection)
      try CheckedObject.write(record.checked, connection)
      try SignedStatement.write(record.signed, connection)
      var tally = try Tally.read(connection)
      tally.add(record.tally)
      if tally.since == 0 { tally.since = now }
      try tally.write(connection)
      try prune()
    }
  }

  func zeroTally() throws(SQLiteError) {
    try transaction { () throws(SQLiteError) in
      var tally = Tally()
      tally.since = now
      try tally.write(connection)
    }
  }

  private func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
    // Nothing in here is worth waiting for a disk. At worst a power cut costs the catalog, and it is made anew.
    try connection.execute("PRAGMA synchronous = OFF; BEGIN IMMEDIATE")
    do {
      try body()
      try connection.execute("COMMIT")
    } catch {
      try? connection.execute("ROLLBACK")
      throw error
    }
  }

  // MARK: Files

  /// When all of a root's modules were last written as sightings: now, if it asked for them.
  private func sighted(_ update: RootUpdate, _ record: RunRecord) -> Int64 {
    if !update.index.isPartial, update.index.wantsSightings(now: now), !record.sightings.isEmpty { return now }
    return isNew ? 0 : update.index.sighted
  }

  private func write(_ update: RootUpdate, sighted: Int64) throws(SQLiteError) {
    let root = update.index.root
    let seed = StatRecord.seed(root: root.bytes)
    if update.index.isPartial, !isNew, let row = try RootRow.read(root, seed, connection) {
      // To count the rows of a large tree for a few files takes longer than to write them.
      let added = try countNew(update.hashed, seed)
      try upsert(update.hashed, seed)
      try RootRow(files: row.files + Int64(added), written: now, sighted: row.sighted).write(root, seed, connection)
      return
    }
    if !isNew { try delete(update.gone, seed) }
    try upsert((isNew ? update.kept : []) + update.hashed, seed)
    // The rows are counted, not computed: other runs may have written rows since the sweep.
    let count = try connection.prepare("SELECT count(*) FROM stat WHERE root = ?1")
    count.bind(1, seed)
    _ = try count.step()
    try RootRow(files: count.integer(0), written: now, sighted: sighted).write(root, seed, connection)
  }

  /// - Returns: how many of the files the table does not have.
  private func countNew(_ rows: [StatRow], _ seed: UInt64) throws(SQLiteError) -> Int {
    let statement = try connection.prepare("SELECT 1 FROM stat WHERE root = ?1 AND device = ?2 AND inode = ?3")
    statement.bind(1, seed)
    var files = Set<FileIdentity>()
    for row in rows {
      statement.bind(2, row.stamp.device)
      statement.bind(3, row.stamp.inode)
      if try !statement.step() { files.insert(row.stamp.identity) }
      statement.reset()
    }
    return files.count
  }

  private func upsert(_ rows: [StatRow], _ seed: UInt64) throws(SQLiteError) {
    let statement = try connection.prepare("REPLACE INTO stat VALUES(?1, ?2, ?3, ?4)")
    statement.bind(1, seed)
    var record = [UInt8](repeating: 0, count: StatRecord.size)
    // The order is the table's, so that each page is filled once.
    for row in rows.sorted(by: { ($0.stamp.device, $0.stamp.inode) < ($1.stamp.device, $1.stamp.inode) }) {
      record.withUnsafeMutableBytes { StatRecord.encode(row, seed: seed, into: $0) }
      statement.bind(2, row.stamp.device)
      statement.bind(3, row.stamp.inode)
      statement.bind(4, record)
      try statement.run()
    }
  }

  /// Forgets files that were remembered when the run began. Rows that another run has added since stay.
  private func delete(_ rows: [StatRow], _ seed: UInt64) throws(SQLiteError) {
    guard !rows.isEmpty else { return }
    let statement = try connection.prepare("DELETE FROM stat WHERE root = ?1 AND device = ?2 AND inode = ?3")
    statement.bind(1, seed)
    for row in rows {
      statement.bind(2, row.stamp.device)
      statement.bind(3, row.stamp.inode)
      try statement.run()
    }
  }

  // MARK: Rows that no run asks for any more

  /// Once a day, forgets roots, engines and modules that were not met for ninety days.
  private func prune() throws(SQLiteError) {
    let last = try connection.integer("SELECT value FROM counters WHERE name = 'pruned'")
    guard last > now || last < now - Self.day else { return }
    for sql: StaticString in [
      "DELETE FROM stat WHERE root IN (SELECT id FROM roots WHERE written < ?1)",
      "DELETE FROM roots WHERE written < ?1",
      "DELETE FROM engines WHERE probed < ?1",
      "DELETE FROM sightings WHERE seen < ?1",
      "DELETE FROM fingerprints WHERE checked < ?1",
      "DELETE FROM checked WHERE checked < ?1",
      "DELETE FROM signed WHERE checked < ?1",
      "DELETE FROM compilations WHERE compiled < ?1 AND module NOT IN (SELECT module FROM sightings)",
    ] {
      let statement = try connection.prepare(sql)
      statement.bind(1, now - Self.lifetime)
      try statement.run()
    }
    try Tally.write("pruned", now, connection)
  }
}
