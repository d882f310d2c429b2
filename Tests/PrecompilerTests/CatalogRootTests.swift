import Glibc
import LinuxIO
import PrecompilerTestSupport
import Scanning
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// A run over a tree and a watcher of it remember the same files in the same place.
struct CatalogRootTests {
  private let stage: StagedRun

  init() throws {
    stage = try StagedRun()
    for name in ["tree", "tree/a", "tree/a/b", "tree/c", "other"] { try stage.directory.makeDirectory(name) }
  }

  private static let few = (0..<12).map { "tree/\(["", "a/", "a/b/", "c/"][$0 % 4])\($0).wasm" }

  /// Writes modules that nobody changes any more: a file that was written just now may change once more without a sign.
  private func write(_ names: [String]) throws {
    for name in names { try stage.write(name) }
    stage.settle()
  }

  /// What a watcher asks for when files have changed.
  private func batch(_ names: [String], under watched: [String] = ["tree"]) -> PrecompileRequest {
    var request = stage.request(names)
    request.input.rememberedUnder = watched.map { stage.directory($0) }
    return request
  }

  private let toolchain = FakeToolchain("one")

  private func run(_ request: PrecompileRequest) throws -> RunSummary { try stage.run(request, toolchain) }

  // MARK: What is remembered

  private func catalog() throws -> Catalog {
    let opening = Catalog.open(in: stage.cachePath.appending("v1"), .readOnly)
    #expect(opening.note == nil)
    return try #require(opening.catalog)
  }

  private struct Root: Equatable, CustomStringConvertible {
    var path: String
    /// As the root's own row says.
    var files: Int
    var rows: Int
    var description: String { "\(path): \(files), \(rows)" }
  }

  /// The catalog's roots, with paths below the test's directory.
  private func roots() throws -> [Root] {
    let base = stage.directory.path.string + "/"
    return try catalog().read(or: []) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare(
        "SELECT path, files, (SELECT count(*) FROM stat WHERE root = id) FROM roots ORDER BY path")
      var roots: [Root] = []
      while try statement.step() {
        let path = String(decoding: statement.bytes(0), as: UTF8.self)
        roots.append(
          Root(
            path: path.hasPrefix(base) ? String(path.dropFirst(base.count)) : path, files: Int(statement.integer(1)),
            rows: Int(statement.integer(2))))
      }
      return roots
    }
  }

  /// What a run over some files would have to read.
  private func read(_ request: PrecompileRequest) throws -> [String] {
    let scan = ScanStage(input: request.input, caches: OpenCaches(own: nil), lanes: 1).run()
    let cache = try CacheDirectory(making: stage.cachePath)
    let indexes = RunCatalog(cache, isReadOnly: true).memory(of: request.input, ignoring: false).indexes(of: scan)
    let hashed = HashStage(
      scan: scan, indexes: indexes, lanes: 1, largestModule: 1 << 20, avoidsWriters: true
    ).run { false }
    #expect(hashed.remembered.count == scan.count)
    return hashed.read.map { scan[$0.index].path.lastComponent?.string ?? "" }
  }

  // MARK: Few files

  @Test func aWatcherReadsNothingThatARunHasRead() throws {
    try write(Self.few)
    #expect(try run(stage.request(["tree"])).compiled == 12)
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
    #expect(try read(batch(Self.few)).isEmpty)
    #expect(try run(batch(Self.few)).upToDate == 12)
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
  }

  @Test func aRunReadsNothingThatAWatcherHasRead() throws {
    try write(Self.few)
    #expect(try run(batch(Self.few)).compiled == 12)
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
    #expect(try read(stage.request(["tree"])).isEmpty)
    #expect(try run(stage.request(["tree"])).upToDate == 12)
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
  }

  @Test func aChangedFilesRowIsReplaced() throws {
    try write(Self.few)
    _ = try run(stage.request(["tree"]))
    let changed = Self.few[6]
    try stage.directory.write(StagedRun.contents("something else"), to: changed)
    stage.settle()
    #expect(try run(batch([changed])).compiled == 1)
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
    #expect(try read(stage.request(["tree"])).isEmpty)
    // Nothing is damaged: all rows are found.
    #expect(try catalog().statIndex(root: stage.directory("tree")).count == 12)
    #expect(try run(stage.request(["tree"])).upToDate == 12)
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
  }

  @Test func aNewFileIsCountedOnce() throws {
    try write(Self.few)
    _ = try run(stage.request(["tree"]))
    try write(["tree/c/new.wasm"])
    // A second name of the same file is the same row.
    let link = stage.directory("tree/a/link.wasm").string
    #expect(Glibc.link(stage.directory("tree/c/new.wasm").string, link) == 0)
    stage.settle()
    #expect(try run(batch(["tree/c/new.wasm", "tree/a/link.wasm"])).compiled == 1)
    #expect(try roots() == [Root(path: "tree", files: 13, rows: 13)])
    #expect(try read(stage.request(["tree"])).isEmpty)
    // What is gone is forgotten by the next whole run.
    #expect(unlink(stage.directory("tree/c/new.wasm").string) == 0 && unlink(link) == 0)
    _ = try run(stage.request(["tree"]))
    #expect(try roots() == [Root(path: "tree", files: 12, rows: 12)])
  }

  // MARK: Many files

  @Test func manyFilesOfABatchAreReadOnce() throws {
    let many = (0..<300).map { "tree/\(["", "a/", "a/b/", "c/"][$0 % 4])\($0).wasm" }
    try write(many + ["tree/more.wasm"])
    _ = try run(stage.request(["tree"]))
    #expect(try roots() == [Root(path: "tree", files: 301, rows: 301)])
    #expect(try read(batch(many)).isEmpty)
    #expect(try run(batch(many)).upToDate == 300)
    // Those that were not named are not forgotten.
    #expect(try roots() == [Root(path: "tree", files: 301, rows: 301)])
    try stage.directory.write(StagedRun.contents("something else"), to: many[17])
    stage.settle()
    #expect(try run(batch(many)).compiled == 1)
    #expect(try roots() == [Root(path: "tree", files: 301, rows: 301)])
    #expect(try read(stage.request(["tree"])).isEmpty)
  }

  // MARK: Several roots

  @Test func aFileIsRememberedUnderTheInnermostOfNestedRoots() throws {
    try write(["tree/x.wasm", "tree/a/y.wasm", "tree/a/b/z.wasm"])
    _ = try run(stage.request(["tree/a"]))
    #expect(try roots() == [Root(path: "tree/a", files: 2, rows: 2)])
    let watched = batch(["tree/x.wasm", "tree/a/y.wasm", "tree/a/b/z.wasm"], under: ["tree", "tree/a"])
    #expect(try read(watched) == ["x.wasm"])
    _ = try run(watched)
    #expect(
      try roots() == [Root(path: "tree", files: 1, rows: 1), Root(path: "tree/a", files: 2, rows: 2)])
    #expect(try read(watched).isEmpty)
    #expect(try read(stage.request(["tree/a"])).isEmpty)
  }

  @Test func aFileBelowNoWatchedRootIsRememberedWhereItLies() throws {
    try write(["tree/x.wasm", "other/y.wasm"])
    // As the watcher of a tree and of one file asks.
    let watched = batch(["tree/x.wasm", "other/y.wasm"], under: ["tree", "other/y.wasm"])
    _ = try run(watched)
    #expect(try read(watched).isEmpty)
    #expect(try read(stage.request(["tree", "other"])).isEmpty)
    #expect(
      try roots() == [Root(path: "other", files: 1, rows: 1), Root(path: "tree", files: 1, rows: 1)])
  }

  @Test func aTreeUnderAnotherNameIsTheSame() throws {
    try write(["tree/a/y.wasm"])
    _ = try run(stage.request(["tree"]))
    try stage.directory.link("link", to: stage.directory("tree"))
    let watched = batch(["link/a/y.wasm"], under: ["link"])
    #expect(try read(watched).isEmpty)
    _ = try run(watched)
    #expect(try roots() == [Root(path: "tree", files: 1, rows: 1)])
  }
}
