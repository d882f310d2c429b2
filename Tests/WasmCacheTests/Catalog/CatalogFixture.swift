import CSQLite
import CatalogSamples
import Glibc
import LinuxIO
import SystemPackage

@testable import WasmCache

/// A directory for one catalog, gone with the test.
final class CatalogFixture: Sendable {
  let directory: FilePath

  static let database = CatalogPlace.name

  init() throws {
    var template = Array("/tmp/catalog-test-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw SystemError("mkdtemp") }
    directory = FilePath(platformString: path)
  }

  deinit {
    for name in names { try? Descriptor.open(directory, O_RDONLY | O_DIRECTORY).remove(name) }
    for name in names { try? Descriptor.open(directory, O_RDONLY | O_DIRECTORY).removeDirectory(name) }
    rmdir(directory.string)
  }

  // MARK: Files

  var names: [String] {
    ((try? Descriptor.open(directory, O_RDONLY | O_DIRECTORY).names()) ?? []).map(\.string).sorted()
  }

  func path(_ name: String = database) -> FilePath { directory.appending(name) }

  func read(_ name: String = database) throws -> [UInt8] {
    let file = try Descriptor.open(path(name), O_RDONLY)
    var bytes = [UInt8](repeating: 0, count: try file.status().size)
    let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return Array(bytes.prefix(count))
  }

  func write(_ bytes: [UInt8], _ name: String = database) throws {
    let file = try Descriptor.open(path(name), O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    try bytes.withUnsafeBytes { contents in try file.write(all: contents) }
  }

  func remove(_ name: String = database) throws {
    try Descriptor.open(directory, O_RDONLY | O_DIRECTORY).remove(name)
  }

  func stamp(_ name: String) -> FileStamp? {
    try? Descriptor.open(directory, O_RDONLY | O_DIRECTORY).status(of: name).stamp
  }

  // MARK: Catalogs

  func open(_ access: Catalog.Access = .readWrite) throws -> Catalog {
    let opening = Catalog.open(in: directory, access)
    guard let catalog = opening.catalog else { throw Failure(description: opening.note ?? "no catalog, no reason") }
    return catalog
  }

  /// Records files below the sample root, as a complete scan that met nothing else.
  @discardableResult
  func record(
    _ numbers: Range<Int>, generation: Int = 0, in catalog: Catalog? = nil, now: Int64 = SampleFile.now
  ) throws -> Catalog.CommitResult {
    let catalog = try catalog ?? open()
    let index = catalog.statIndex(root: SampleFile.root)
    var record = RunRecord()
    var seen = SeenFiles(of: index)
    var hashed: [StatRow] = []
    for file in numbers.map({ SampleFile(number: $0, generation: generation) }) {
      if case .known(_, let number) = index.lookup(file.stamp, now: now) {
        seen.insert(number)
      } else {
        hashed.append(file.row)
      }
    }
    record.roots = [RootUpdate(index: index, hashed: hashed, seen: seen)]
    return catalog.commit(record, now: now)
  }

  func index(root: FilePath = SampleFile.root) throws -> StatIndex { try open().statIndex(root: root) }

  /// Runs SQL without any of the catalog's code.
  func execute(_ sql: String) throws {
    var connection: OpaquePointer?
    defer { sqlite3_close(connection) }
    guard sqlite3_open(path().string, &connection) == SQLITE_OK,
      sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK
    else { throw Failure(description: String(cString: sqlite3_errmsg(connection))) }
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
}
