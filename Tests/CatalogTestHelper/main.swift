internal import CSQLite
// Stands in for another process in the catalog's tests. Says "ready" on standard output when it has done what it is
// for, and ends with its standard input.
internal import CatalogSamples
internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import TestSupport
internal import WasmCache
internal import WasmEngine

func ready() {
  print("ready")
  fflush(nil)
}

func waitForEnd() {
  var byte: UInt8 = 0
  while read(0, &byte, 1) > 0 {}
}

func rawDatabase(_ directory: FilePath) -> OpaquePointer? {
  var connection: OpaquePointer?
  sqlite3_open_v2(directory.appending("catalog.sqlite").string, &connection, SQLITE_OPEN_READWRITE, nil)
  return connection
}

func execute(_ connection: OpaquePointer?, _ sql: String) {
  if sqlite3_exec(connection, sql, nil, nil, nil) != SQLITE_OK {
    print("failed:", String(cString: sqlite3_errmsg(connection)))
    exit(2)
  }
}

let arguments = CommandLine.arguments
let directory = FilePath(arguments[2])
switch arguments[1] {
case "lock-writing":
  let connection = rawDatabase(directory)
  execute(connection, "BEGIN IMMEDIATE")
  ready()
  waitForEnd()
case "lock-everything":
  let connection = rawDatabase(directory)
  execute(connection, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM counters WHERE name = ''")
  ready()
  waitForEnd()
case "read":
  let connection = rawDatabase(directory)
  execute(connection, "BEGIN; SELECT count(*) FROM stat")
  ready()
  waitForEnd()
case "half-a-transaction":
  // Spilled to the log, as a large transaction is, and then killed by the test.
  let connection = rawDatabase(directory)
  execute(connection, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; PRAGMA synchronous = OFF; BEGIN IMMEDIATE")
  execute(
    connection,
    """
    DELETE FROM stat;
    WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO stat SELECT 1, 1, i, randomblob(104) FROM n
    """)
  ready()
  waitForEnd()
case "hold-open":
  let opening = Catalog.open(in: directory)
  // One that was only read is nobody's.
  let isHeld = opening.catalog?.zeroTally(now: SampleFile.now) == .written
  print(isHeld ? "ready" : "failed: \(opening.note ?? "")")
  fflush(nil)
  waitForEnd()
  withExtendedLifetime(opening.catalog) {}
case "write-forever":
  // Says "ready" once it has written, and goes on until it is killed.
  for generation in 0... {
    let opening = Catalog.open(in: directory)
    guard let catalog = opening.catalog else { continue }
    var record = RunRecord()
    record.roots = [
      RootUpdate(
        index: catalog.statIndex(root: SampleFile.root),
        hashed: (0..<300).map { SampleFile(number: $0, generation: generation % 4).row }, seen: nil)
    ]
    if catalog.commit(record, now: SampleFile.now) == .written && generation == 1 { ready() }
  }
case "write":
  // write DIRECTORY FIRST COUNT: rewrites rows one commit at a time.
  let first = Int(arguments[3]) ?? 0
  for number in first..<first + (Int(arguments[4]) ?? 0) {
    var result = Catalog.CommitResult.nothingToWrite
    var note: String?
    for _ in 0..<20 where result != .written {
      let opening = Catalog.open(in: directory)
      note = opening.note
      guard let catalog = opening.catalog else { continue }
      var record = RunRecord()
      record.roots = [
        RootUpdate(
          index: catalog.statIndex(root: SampleFile.root), hashed: [SampleFile(number: number).row], seen: nil)
      ]
      record.tally.hits = 1
      result = catalog.commit(record, now: SampleFile.now)
    }
    if result != .written { print("failed: \(number): \(result) \(note ?? "")") }
  }
  ready()
case "look-as-nobody":
  // Root may write anything, so the permissions of files show only without it.
  if geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0) {
    print("failed: cannot become nobody")
    exit(2)
  }
  let opening = Catalog.open(in: directory)
  let known = opening.catalog.map { SampleFile.known(in: $0.statIndex(root: SampleFile.root), of: 0..<20) } ?? 0
  var record = RunRecord()
  if let catalog = opening.catalog {
    record.roots = [
      RootUpdate(index: catalog.statIndex(root: SampleFile.root), hashed: [SampleFile(number: 99).row], seen: nil)
    ]
    print("known \(known); commit \(catalog.commit(record, now: SampleFile.now))")
  } else {
    print("without: \(opening.note ?? "")")
  }
case "store-until-full":
  // A host whose cache lies on a disk that gets full; says by what it is told so.
  let engine = try EngineLibrary(path: FilePath(arguments[3]))
  let cache = try FileSystemCache(directory: directory, engine: engine, backends: [.cranelift])
  for number in 0..<1000 {
    let bytes = WasmBinary.returning(number)
    let module = try Module(compiling: bytes, with: cache.engine(.cranelift))
    do throws(CacheError) { try cache.store(WasmHash.generate(bytes), module) } catch {
      switch error {
      case .io(let path, _, .noSpace): print("no space below \(path)")
      case .io(_, _, .permissionDenied): print("no permission")
      default: print("failed: \(error)")
      }
      exit(0)
    }
  }
  print("failed: nothing was full")
default:
  print("failed: unknown command")
}
