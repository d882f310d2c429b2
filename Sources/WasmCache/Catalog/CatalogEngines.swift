package import LinuxIO

/// The remembered answer of a compiler library, so that a run with nothing to compile does not load it.
package struct EngineFinding: Hashable, Sendable {
  /// The library file, links followed.
  package var library: FileStamp
  /// Everything else that decides the answer, as text: the wish, and this machine's processor, since a compiler for the
  /// host asks it.
  package var wish: String
  /// When probing began, in nanoseconds since 1970.
  package var probed: Int64
  package var result: Result

  package enum Result: Hashable, Sendable {
    /// The engine's compatibility record, and the library's GNU build id or SHA-256.
    case available(record: [UInt8], build: [UInt8])
    case unavailable(reason: String)
  }

  package init(library: FileStamp, wish: String, probed: Int64, result: Result) {
    self.library = library
    self.wish = wish
    self.probed = probed
    self.result = result
  }

  fileprivate var checksum: Int64 {
    var checksum = CatalogChecksum(.engines)
    checksum.add(library.device)
    checksum.add(library.inode)
    checksum.add(wish)
    checksum.add(library.size)
    checksum.add(library.modified)
    checksum.add(library.changed)
    checksum.add(Int64(library.mode))
    checksum.add(probed)
    switch result {
    case .available(let record, let build):
      checksum.add(record)
      checksum.add(build)
    case .unavailable(let reason):
      checksum.add(reason)
    }
    return checksum.signed
  }
}

extension Catalog {
  /// The remembered answer of a compiler library to some wish; nil if it has to be asked again.
  ///
  /// - Parameter now: nanoseconds since 1970.
  package func engine(_ library: FileStamp, wish: String, now: Int64) -> EngineFinding.Result? {
    read(or: nil) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare(
        """
        SELECT size, modified, changed, mode, probed, record, build, unavailable, checksum FROM engines
        WHERE device = ?1 AND inode = ?2 AND wish = ?3
        """)
      statement.bind(1, library.device)
      statement.bind(2, library.inode)
      statement.bind(3, wish)
      guard try statement.step() else { return nil }
      let remembered = FileStamp(
        device: library.device, inode: library.inode, size: statement.integer(0), modified: statement.integer(1),
        changed: statement.integer(2), mode: UInt32(truncatingIfNeeded: statement.integer(3)))
      let finding = EngineFinding(
        library: remembered, wish: wish, probed: statement.integer(4),
        result: statement.isNull(7)
          ? .available(record: statement.bytes(5), build: statement.bytes(6))
          : .unavailable(reason: statement.text(7)))
      guard finding.checksum == statement.integer(8) else {
        throw SQLiteError(damage: "an engine's checksum is wrong")
      }
      let doubt = StampTrust.doubt(remembered: remembered, hashed: finding.probed, current: library, now: now)
      return doubt == nil ? finding.result : nil
    }
  }
}

extension EngineFinding {
  func write(_ connection: SQLiteConnection) throws(SQLiteError) {
    let statement = try connection.prepare(
      "REPLACE INTO engines VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
    statement.bind(1, library.device)
    statement.bind(2, library.inode)
    statement.bind(3, wish)
    statement.bind(4, library.size)
    statement.bind(5, library.modified)
    statement.bind(6, library.changed)
    statement.bind(7, Int64(library.mode))
    statement.bind(8, probed)
    switch result {
    case .available(let record, let build):
      statement.bind(9, record)
      statement.bind(10, build)
    case .unavailable(let reason):
      statement.bind(11, reason)
    }
    statement.bind(12, checksum)
    try statement.run()
  }
}
