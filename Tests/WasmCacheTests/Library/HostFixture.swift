import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import WasmCache
import WasmEngine

/// A cache directory of one test's own, and the engine that the tests load.
struct HostFixture: Sendable {
  let directory: TemporaryDirectory
  let path: FilePath
  let library: EngineLibrary

  init(release: String = EngineUnderTest.version) throws {
    directory = try TemporaryDirectory()
    path = directory("a/b/cache")
    library = try EngineLibrary(path: try EngineUnderTest.library(release))
  }

  func open(
    _ access: FileSystemCache.Access = .readWrite, _ backends: [Backend] = [.cranelift, .winch]
  ) throws(CacheError) -> FileSystemCache {
    try FileSystemCache(directory: path, engine: library, backends: backends, access: access)
  }

  /// The error that a body fails with.
  static func error(_ body: () throws(CacheError) -> some Any) -> CacheError? {
    do throws(CacheError) {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  /// Fills the cache as a user does.
  func precompile(_ file: FilePath, _ backends: [Backend] = [.cranelift], with engine: FilePath? = nil) throws {
    let engine = try engine ?? EngineUnderTest.library()
    let options = backends.flatMap { ["--backend", $0.rawValue] }
    _ = try Tool.shell(
      "\"$@\"",
      [try BuiltExecutable.path().string, "-q", "--cache-dir", path.string, "--engine", engine.string] + options
        + [file.string])
  }

  // MARK: What is on the disk

  /// Every file below a directory of the cache, with its times.
  func listing(_ place: String = "v1") throws -> [Substring] {
    let text = try Tool.shell("find \"$1\" -type f -printf '%P %T@ %C@\\n' | sort", [path.appending(place).string])
    return text.split(separator: "\n")
  }

  /// The paths of all objects.
  func objects() throws -> [FilePath] {
    try listing("v1/objects").map { path.appending("v1/objects/\($0.prefix { $0 != " " })") }
  }

  /// Makes it impossible to store an object.
  func obstructObjects() throws {
    for number in 0..<256 {
      let name = (number < 16 ? "0" : "") + String(number, radix: 16)
      try [1].write(to: path.appending("v1/objects/\(name)"))
    }
  }

  var tally: Tally { Catalog.open(in: path.appending("v1"), .readOnly).catalog?.tally() ?? Tally() }
}

extension FilePath {
  /// Changes one bit of a file in its place, as a disk that rots would.
  func flipBit(_ number: Int) throws {
    let file = try Descriptor.open(self, O_RDONLY)
    try file.setMode(0o600)
    defer { try? file.setMode(0o444) }
    var bytes = try file.contents()
    bytes[number / 8] ^= 1 << (number % 8)
    let target = try FileDescriptor.open(self, .writeOnly)
    try target.closeAfter { _ = try target.writeAll(toAbsoluteOffset: Int64(number / 8), [bytes[number / 8]]) }
  }
}
