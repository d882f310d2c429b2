package import LinuxIO
package import SystemPackage

extension Catalog {
  /// Reads everything remembered of the files below one root, in one sweep.
  ///
  /// - Parameter root: resolved, since the same tree under another path is another root.
  package func statIndex(root: FilePath) -> StatIndex {
    read(or: StatIndex(root: root)) { (session, connection) throws(SQLiteError) in
      try connection.snapshot { () throws(SQLiteError) in
        let seed = StatRecord.seed(root: root.bytes)
        guard let row = try RootRow.read(root, seed, connection) else { return StatIndex(root: root) }
        let (builder, damage) = try Self.sweep(root, seed, expecting: row.files, connection)
        if let damage { session.noteDamage(damage) }
        return StatIndex(builder, written: row.written, sighted: row.sighted)
      }
    }
  }

  /// Reads what is remembered of some files below one root, or of all.
  ///
  /// - Parameter files: nil for all.
  package func statIndex(root: FilePath, of files: [FileStamp]?) -> StatIndex {
    guard let files else { return statIndex(root: root) }
    return read(or: StatIndex(root: root, isPartial: true)) { (session, connection) throws(SQLiteError) in
      try connection.snapshot { () throws(SQLiteError) in
        let seed = StatRecord.seed(root: root.bytes)
        var builder = StatIndexBuilder(root: root, expecting: Int64(files.count))
        guard let row = try RootRow.read(root, seed, connection) else { return StatIndex(root: root, isPartial: true) }
        let statement = try connection.prepare(
          "SELECT record FROM stat WHERE root = ?1 AND device = ?2 AND inode = ?3")
        statement.bind(1, seed)
        var asked = Set<FileIdentity>()
        for file in files where asked.insert(file.identity).inserted {
          statement.bind(2, file.device)
          statement.bind(3, file.inode)
          if try statement.step() {
            if let known = statement.withBytes(0, { StatRecord.decode($0, seed: seed) }) {
              builder.append(known)
            } else {
              session.noteDamage("a row's checksum is wrong")
            }
          }
          statement.reset()
        }
        return StatIndex(builder, written: row.written, sighted: row.sighted, isPartial: true)
      }
    }
  }

  /// - Returns: the rows that are whole, and what is wrong with the others.
  private static func sweep(
    _ root: FilePath, _ seed: UInt64, expecting files: Int64, _ connection: SQLiteConnection
  ) throws(SQLiteError) -> (StatIndexBuilder, damage: String?) {
    var builder = StatIndexBuilder(root: root, expecting: files)
    var damage: String?
    var last: (Int64, Int64)?
    let statement = try connection.prepare("SELECT record FROM stat WHERE root = ?1")
    statement.bind(1, seed)
    while try statement.step() {
      guard let row = statement.withBytes(0, { StatRecord.decode($0, seed: seed) }) else {
        damage = "a row's checksum is wrong"
        continue
      }
      // A row in the wrong place is still true, but writing would not find it.
      let key = (Int64(bitPattern: row.stamp.device), Int64(bitPattern: row.stamp.inode))
      if let last, key <= last { damage = "rows are out of order" }
      last = key
      builder.append(row)
    }
    if damage == nil && Int64(builder.count) != files { damage = "\(builder.count) rows of \(files) are left" }
    return (builder, damage)
  }
}

/// One row of the `roots` table.
///
/// Its id is the checksum of its path, so that no run has to look one up or hand one out. Should two paths ever have the
/// same id, they share rows. Each row still speaks only of the file with its stamp.
struct RootRow {
  /// How many rows of `stat` belong to it.
  var files: Int64
  var written: Int64
  var sighted: Int64

  static func read(
    _ path: FilePath, _ id: UInt64, _ connection: SQLiteConnection
  ) throws(SQLiteError) -> RootRow? {
    let statement = try connection.prepare("SELECT files, written, sighted, checksum, path FROM roots WHERE id = ?1")
    statement.bind(1, id)
    guard try statement.step() else { return nil }
    let row = RootRow(files: statement.integer(0), written: statement.integer(1), sighted: statement.integer(2))
    guard statement.integer(3) == row.checksum(id), statement.bytes(4) == path.bytes else {
      throw SQLiteError(damage: "a root's checksum is wrong")
    }
    return row
  }

  func write(_ path: FilePath, _ id: UInt64, _ connection: SQLiteConnection) throws(SQLiteError) {
    let statement = try connection.prepare("REPLACE INTO roots VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
    statement.bind(1, id)
    statement.bind(2, path.bytes)
    statement.bind(3, files)
    statement.bind(4, written)
    statement.bind(5, sighted)
    statement.bind(6, checksum(id))
    try statement.run()
  }

  private func checksum(_ id: UInt64) -> Int64 {
    var checksum = CatalogChecksum(.roots)
    checksum.add(id)
    checksum.add(files)
    checksum.add(written)
    checksum.add(sighted)
    return checksum.signed
  }
}
