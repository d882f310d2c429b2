internal import CSQLite

/// SQLite's account of why something did not work.
struct SQLiteError: Error, Hashable {
  /// Extended result code.
  let code: Int32
  let message: String

  /// Damage that SQLite did not notice.
  init(damage: String) {
    code = SQLITE_CORRUPT
    message = damage
  }

  /// Reads code and message from the connection that the failed call was made on.
  init(_ connection: OpaquePointer?) {
    code = sqlite3_extended_errcode(connection)
    message = sqlite3_errmsg(connection).map { String(cString: $0) } ?? "out of memory"
  }

  enum Remedy: Hashable {
    /// The file is not a catalog any more: put a new one in its place.
    case replace
    /// Another process is in the way, or the disk is full or unwritable: go on without.
    case goWithout
  }

  var remedy: Remedy {
    switch code & 0xff {
    // Our SQL is constant and our values are in range, so that "no such table" or "constraint failed" can only mean
    // that the schema or a row is not what we wrote.
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_SCHEMA, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG,
      SQLITE_FORMAT, SQLITE_RANGE:
      .replace
    case SQLITE_IOERR where code == Self.shortRead || code == Self.corruptFileSystem:
      .replace
    default:
      .goWithout
    }
  }

  // The header spells these with shifts, which Swift does not import.
  private static let shortRead = SQLITE_IOERR | 2 << 8
  private static let corruptFileSystem = SQLITE_IOERR | 33 << 8
}

extension SQLiteError: CustomStringConvertible {
  var description: String { "\(message) (SQLite \(code))" }
}
