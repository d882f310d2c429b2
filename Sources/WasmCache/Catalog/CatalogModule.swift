package import LinuxIO

extension Catalog {
  /// The remembered contents of one file, below any root. It is for a host, which asks for few files and knows no roots.
  ///
  /// A sweep by ``statIndex(root:)`` is cheaper from some hundred files on.
  package func module(in stamp: FileStamp) -> StatRow? {
    read(or: nil) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare(
        "SELECT root, record FROM roots JOIN stat ON root = id WHERE device = ?1 AND inode = ?2")
      statement.bind(1, stamp.device)
      statement.bind(2, stamp.inode)
      var latest: StatRow?
      while try statement.step() {
        let seed = UInt64(bitPattern: statement.integer(0))
        guard let row = statement.withBytes(1, { StatRecord.decode($0, seed: seed) }) else { continue }
        if row.stamp == stamp && row.hashed > latest?.hashed ?? .min { latest = row }
      }
      return latest
    }
  }
}
