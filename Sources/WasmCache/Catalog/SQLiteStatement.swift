internal import CSQLite

/// One prepared statement; finalizes it when it goes.
///
/// Parameters count from 1 and columns from 0, as in SQLite.
struct SQLiteStatement: ~Copyable {
  private let raw: OpaquePointer
  /// Keeps the database open for as long as the statement needs it.
  private let connection: SQLiteConnection

  init(_ sql: StaticString, on connection: SQLiteConnection) throws(SQLiteError) {
    var statement: OpaquePointer?
    let code = sql.withUTF8Buffer { text in
      text.withMemoryRebound(to: CChar.self) {
        sqlite3_prepare_v3(
          connection.raw, $0.baseAddress, Int32($0.count), UInt32(SQLITE_PREPARE_NO_VTAB), &statement, nil)
      }
    }
    guard let statement, code == SQLITE_OK else { throw SQLiteError(connection.raw) }
    raw = statement
    self.connection = connection
  }

  deinit { sqlite3_finalize(raw) }

  // MARK: Parameters

  func bind(_ parameter: Int32, _ value: Int64) { sqlite3_bind_int64(raw, parameter, value) }

  func bind(_ parameter: Int32, _ bits: UInt64) { bind(parameter, Int64(bitPattern: bits)) }

  func bind(_ parameter: Int32, _ bytes: UnsafeRawBufferPointer) {
    csqlite_bind_blob(raw, parameter, bytes.baseAddress, Int32(clamping: bytes.count))
  }

  func bind(_ parameter: Int32, _ bytes: [UInt8]) { bytes.withUnsafeBytes { bind(parameter, $0) } }

  func bind(_ parameter: Int32, _ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        _ = csqlite_bind_text(raw, parameter, $0.baseAddress, Int32(clamping: $0.count))
      }
    }
  }

  // MARK: Running

  /// Goes to the next row; false after the last.
  func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(raw) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw SQLiteError(connection.raw)
    }
  }

  /// Runs a statement that changes something, and makes it ready for the next parameters.
  func run() throws(SQLiteError) {
    let code = sqlite3_step(raw)
    // The message must be read before the reset, which may replace it.
    let failure = code == SQLITE_DONE || code == SQLITE_ROW ? nil : SQLiteError(connection.raw)
    sqlite3_reset(raw)
    if let failure { throw failure }
  }

  func reset() { sqlite3_reset(raw) }

  // MARK: Columns

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }

  /// The column's bytes, valid until the next step; empty for NULL.
  func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    // In this order: asking for the bytes may convert the value, which changes its size.
    let start = sqlite3_column_blob(raw, column)
    return body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(raw, column))))
  }

  func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { Array($0) } }

  /// Text as SQLite has it. Bytes that are not UTF-8 are repaired.
  func text(_ column: Int32) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(raw, column) == SQLITE_NULL }
}
