internal import CSQLite
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// One open SQLite database; closes it when it goes.
///
/// Not Sendable: it is opened without SQLite's own mutexes, so one thread may use it at a time.
final class SQLiteConnection {
  let raw: OpaquePointer
  let access: Access
  /// How long in milliseconds each call waits for locks of other processes.
  var timeout: Int32 {
    didSet { sqlite3_busy_timeout(raw, timeout) }
  }

  enum Access {
    case readWrite
    case readOnly
    /// Reads without locks and writes nothing, not even beside the database; ignores a write-ahead log.
    case immutable
  }

  init(_ path: FilePath, _ access: Access, timeout: Int32) throws(SQLiteError) {
    let flags =
      switch access {
      case .readWrite: SQLITE_OPEN_READWRITE
      case .readOnly: SQLITE_OPEN_READONLY
      case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      }
    var connection: OpaquePointer?
    let code = Self.withName(of: path, access) { name in
      sqlite3_open_v2(
        name, &connection, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nil)
    }
    guard let connection, code == SQLITE_OK else {
      let failure = SQLiteError(connection)
      sqlite3_close(connection)
      throw failure
    }
    raw = connection
    self.access = access
    self.timeout = timeout
    sqlite3_busy_timeout(raw, timeout)
    // Closing must not unlink the log: the path may belong to another process's new catalog by then.
    _ = csqlite_configure(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    // A foreign or damaged schema gets to run nothing.
    _ = csqlite_configure(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    _ = csqlite_configure(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    _ = csqlite_configure(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0)
    // A damaged length must not make SQLite allocate a gigabyte.
    sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 1 << 20)
  }

  deinit { sqlite3_close(raw) }

  private static func withName<Result>(
    of path: FilePath, _ access: Access, _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    guard access == .immutable else { return path.withPlatformString(body) }
    // In a URI every byte that could mean something is written in hexadecimal.
    var text = "file:"
    for byte in path.bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "%" + [byte].hex
      }
    }
    return (text + "?immutable=1").withCString(body)
  }

  // MARK: Use

  func prepare(_ sql: StaticString) throws(SQLiteError) -> SQLiteStatement {
    try SQLiteStatement(sql, on: self)
  }

  /// Runs statements that return nothing of interest.
  func execute(_ sql: StaticString) throws(SQLiteError) {
    let code = sql.withUTF8Buffer { text in
      text.withMemoryRebound(to: CChar.self) { sqlite3_exec(raw, $0.baseAddress, nil, nil, nil) }
    }
    guard code == SQLITE_OK else { throw SQLiteError(raw) }
  }

  /// Makes several reads of one state, even while other processes write.
  func snapshot<Value>(_ body: () throws(SQLiteError) -> Value) throws(SQLiteError) -> Value {
    try execute("BEGIN")
    defer { try? execute("ROLLBACK") }
    return try body()
  }

  /// The first column of the first row.
  func integer(_ sql: StaticString) throws(SQLiteError) -> Int64 {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : 0
  }

  var isReadOnly: Bool { sqlite3_db_readonly(raw, "main") != 0 }

  /// Whether the path by now names another file, or none.
  var hasMoved: Bool { csqlite_has_moved(raw) != 0 }

  /// Moves the write-ahead log into the database and empties it, as far as other processes let us without waiting.
  func emptyLog() {
    sqlite3_busy_timeout(raw, 0)
    try? execute("PRAGMA synchronous = OFF")
    _ = sqlite3_wal_checkpoint_v2(raw, "main", SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    sqlite3_busy_timeout(raw, timeout)
  }
}
