import SystemPackage
import TestSupport

@testable import WasmCache

/// A whole catalog with foreign rows.
///
/// The input is a list of rows: the table (u8), and for each of its columns a value: none, an integer (i64), text or a blob
/// (kind u8; length u16, bytes).
enum CatalogRowsTarget {
  private static let tables: [(insert: StaticString, columns: Int32)] = [
    ("REPLACE INTO roots VALUES(?1, ?2, ?3, ?4, ?5, ?6)", 6),
    ("REPLACE INTO stat VALUES(?1, ?2, ?3, ?4)", 4),
    ("REPLACE INTO engines VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", 12),
    ("REPLACE INTO sightings VALUES(?1, ?2, ?3, ?4, ?5)", 5),
    ("REPLACE INTO compilations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", 7),
    ("REPLACE INTO fingerprints VALUES(?1, ?2, ?3)", 3),
    ("REPLACE INTO checked VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", 9),
    ("REPLACE INTO counters VALUES(?1, ?2, ?3)", 3),
    ("REPLACE INTO signed VALUES(?1, ?2, ?3)", 3),
  ]

  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let directory = try TemporaryDirectory()
    try directory.write(try CatalogSpecimen.file, to: CatalogPlace.name, mode: .ownerReadWrite)
    guard let catalog = Catalog.open(in: directory.path).catalog else {
      throw Finding(description: "a catalog that was just made cannot be opened")
    }
    catalog.withSession { session in
      if let connection = session.connection { insertRows(bytes, connection) }
    }
    CatalogSpecimen.readEverything(catalog)
    // Rows may make it worthless, but not useless: after a run it is in order.
    let result = CatalogSpecimen.record(in: catalog)
    try Finding.unless(result == .written, "not written: \(result)")
    let again = Catalog.open(in: directory.path)
    try Finding.unless(again.catalog.map(CatalogSpecimen.isRemembered) ?? false, "forgotten: \(again.note ?? "")")
  }

  private static func insertRows(_ bytes: UnsafeRawBufferPointer, _ connection: SQLiteConnection) {
    try? connection.execute("PRAGMA synchronous = OFF; BEGIN")
    var input = FuzzInput(bytes)
    while !input.isAtEnd {
      let table = tables[Int(input.byte()) % tables.count]
      guard let statement = try? connection.prepare(table.insert) else { return }
      for column in 1...table.columns {
        switch input.byte() % 4 {
        case 1: statement.bind(column, input.number(UInt64.self))
        case 2: statement.bind(column, String(decoding: input.bytes(), as: UTF8.self))
        case 3: statement.bind(column, input.bytes())
        // A parameter that was never bound is NULL.
        default: break
        }
      }
      // A row that the table does not take is none.
      try? statement.run()
    }
    try? connection.execute("COMMIT")
  }
}
