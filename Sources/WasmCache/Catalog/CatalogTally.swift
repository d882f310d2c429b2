/// The counts of hits and misses, for `cache stats`.
///
/// A lower bound: a run that finds everything in place writes nothing, so hits are only counted by runs that write for
/// another reason, and else once an hour for each root.
package struct Tally: Hashable, Sendable {
  package var hits: Int64 = 0
  /// The hits that came from lower caches.
  package var lowerHits: Int64 = 0
  package var misses: [MissReason: Int64] = [:]
  /// What the cache lacked and a store on another machine had.
  package var fetched: Int64 = 0
  /// What the cache had for other hosts, which accept the same.
  package var shared: Int64 = 0
  /// What workers of another machine compiled. They are misses, too.
  package var compiledRemotely: Int64 = 0
  /// Requests to such stores that failed. They are neither hits nor misses of theirs.
  package var remoteErrors: Int64 = 0
  /// Artifacts that were stored there.
  package var stored: Int64 = 0
  /// The time of all compilations together.
  package var compileNanoseconds: Int64 = 0
  /// When counting began, in nanoseconds since 1970; 0 if it has not.
  package var since: Int64 = 0

  package init() {}

  /// Adds another count, the start of counting left as it is. Saturates: no number in a file may make us trap.
  mutating func add(_ other: Tally) {
    hits = Self.sum(hits, other.hits)
    lowerHits = Self.sum(lowerHits, other.lowerHits)
    compileNanoseconds = Self.sum(compileNanoseconds, other.compileNanoseconds)
    fetched = Self.sum(fetched, other.fetched)
    shared = Self.sum(shared, other.shared)
    compiledRemotely = Self.sum(compiledRemotely, other.compiledRemotely)
    remoteErrors = Self.sum(remoteErrors, other.remoteErrors)
    stored = Self.sum(stored, other.stored)
    misses.merge(other.misses, uniquingKeysWith: Self.sum)
  }

  private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}

extension Catalog {
  package func tally() -> Tally {
    read(or: Tally()) { (_, connection) throws(SQLiteError) in try Tally.read(connection) }
  }
}

// Rows of the `counters` table.
extension Tally {
  static func read(_ connection: SQLiteConnection) throws(SQLiteError) -> Tally {
    var tally = Tally()
    let statement = try connection.prepare("SELECT name, value, checksum FROM counters")
    while try statement.step() {
      let name = statement.text(0)
      let value = statement.integer(1)
      guard statement.integer(2) == checksum(name, value) else {
        throw SQLiteError(damage: "a counter's checksum is wrong")
      }
      switch name {
      case "hits": tally.hits = value
      case "lower hits": tally.lowerHits = value
      case "compile nanoseconds": tally.compileNanoseconds = value
      case "fetched": tally.fetched = value
      case "shared": tally.shared = value
      case "compiled remotely": tally.compiledRemotely = value
      case "remote errors": tally.remoteErrors = value
      case "stored": tally.stored = value
      case "since": tally.since = value
      default:
        if let reason = MissReason.allCases.first(where: { name == Self.name(of: $0) }) { tally.misses[reason] = value }
      }
    }
    return tally
  }

  func write(_ connection: SQLiteConnection) throws(SQLiteError) {
    try Self.write("hits", hits, connection)
    try Self.write("lower hits", lowerHits, connection)
    try Self.write("compile nanoseconds", compileNanoseconds, connection)
    try Self.write("fetched", fetched, connection)
    try Self.write("shared", shared, connection)
    try Self.write("compiled remotely", compiledRemotely, connection)
    try Self.write("remote errors", remoteErrors, connection)
    try Self.write("stored", stored, connection)
    try Self.write("since", since, connection)
    for reason in MissReason.allCases { try Self.write(Self.name(of: reason), misses[reason] ?? 0, connection) }
  }

  private static func name(of reason: MissReason) -> String { "misses: \(reason.rawValue)" }

  static func write(_ name: String, _ value: Int64, _ connection: SQLiteConnection) throws(SQLiteError) {
    let statement = try connection.prepare("REPLACE INTO counters VALUES(?1, ?2, ?3)")
    statement.bind(1, name)
    statement.bind(2, value)
    statement.bind(3, checksum(name, value))
    try statement.run()
  }

  private static func checksum(_ name: String, _ value: Int64) -> Int64 {
    var checksum = CatalogChecksum(.counters)
    checksum.add(name)
    checksum.add(value)
    return checksum.signed
  }
}
