extension Catalog {
  package enum CommitResult: Hashable, Sendable {
    case written
    /// The catalog's files are as they were.
    case nothingToWrite
    /// Nothing is lost but time in the next run; the reason is for `-v`.
    case gaveUp(String)
  }

  /// Milliseconds that writing may wait for other processes.
  private static let patience: Int32 = 1000

  /// Writes down what a run found out, in one transaction at its end.
  ///
  /// - Parameter now: nanoseconds since 1970.
  package func commit(_ record: RunRecord, now: Int64) -> CommitResult {
    withSession { session in
      guard session.damage != nil || record.isWorthWriting(now: now) else { return .nothingToWrite }
      return Self.write(session) { (connection, isNew) throws(SQLiteError) in
        try CatalogWriter(connection: connection, now: now, isNew: isNew).write(record)
      }
    }
  }

  /// Starts counting hits and misses anew.
  package func zeroTally(now: Int64) -> CommitResult {
    withSession { session in
      Self.write(session) { (connection, _) throws(SQLiteError) in
        try CatalogWriter(connection: connection, now: now, isNew: false).zeroTally()
      }
    }
  }

  /// - Parameter body: gets whether the catalog has just been made, so that nothing remembered is in it.
  private static func write(
    _ session: CatalogSession, _ body: (SQLiteConnection, _ isNew: Bool) throws(SQLiteError) -> Void
  ) -> CommitResult {
    let path = session.opener.place.path
    _ = session.takeLocks()
    // There are two attempts, because damage may come to light only when something is written.
    for _ in 0..<2 {
      if session.damage != nil { session.replace() }
      guard let connection = session.connection else {
        return .gaveUp(
          (session.damage == nil ? session.hindrance : nil) ?? "\(path): damaged, and another process uses it")
      }
      guard session.opener.access == .readWrite, !connection.isReadOnly else { return .gaveUp("\(path): read-only") }
      guard !connection.hasMoved else { return .gaveUp("\(path): deleted or replaced meanwhile") }
      connection.timeout = patience
      defer { connection.timeout = CatalogOpener.patience }
      do {
        try body(connection, session.isNew)
        connection.emptyLog()
        return .written
      } catch {
        session.note(error)
        if session.damage == nil { return .gaveUp("\(path): not written: \(error)") }
      }
    }
    return .gaveUp("\(path): damaged")
  }
}
