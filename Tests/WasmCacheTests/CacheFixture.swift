import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import WasmEngine

@testable import WasmCache

/// A cache of one test's own, and shorthands for what tests do with it.
struct CacheFixture {
  let directory: TemporaryDirectory
  let path: FilePath
  let cache: CacheDirectory

  init() throws {
    directory = try TemporaryDirectory()
    path = directory("cache")
    cache = try CacheDirectory(making: path)
  }

  /// An engine that exists only in name.
  static func identity(
    _ backend: Backend = .cranelift, optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native,
    build: UInt8 = 1
  ) -> ArtifactIdentity {
    ArtifactIdentity(
      settings: EngineSettings(backend: backend, optimization: optimization, cpu: cpu),
      compatibility: CompatibilityRecord(bytes: [0, 2] + Array("50".utf8) + [3] + Array("x86".utf8)),
      libraryBuild: [build])
  }

  func reader(_ identity: ArtifactIdentity = Self.identity()) -> EngineDirectory {
    EngineDirectory(identity, in: cache)
  }

  func writer(_ identity: ArtifactIdentity = Self.identity(), _ publisher: Publisher? = nil) throws -> EngineWriter {
    try EngineWriter(reader(identity), try publisher ?? Publisher(cache))
  }

  /// The path of an artifact's object.
  func object(_ artifact: [UInt8]) -> FilePath {
    let name = WasmHash.generate(artifact).encode()
    return path.appending("v1/objects").appending(String(name.prefix(2))).appending(String(name.dropFirst(2)))
  }

  func names(_ place: String) throws -> Set<String> {
    let folder = try Descriptor.open(path.appending("v1").appending(place), 0)
    return Set(try folder.names().map(\.string))
  }

  /// The bytes of every object, by name.
  func objects() throws -> [String: [UInt8]] {
    var objects: [String: [UInt8]] = [:]
    for folder in try names("objects") {
      for file in try names("objects/\(folder)") {
        objects[folder + file] = try [UInt8](contentsOf: path.appending("v1/objects/\(folder)/\(file)"))
      }
    }
    return objects
  }

  /// Says when a module's artifact was used last, in nanoseconds since 1970.
  func setLastUse(of module: WasmHash, _ identity: ArtifactIdentity, to time: Int64) throws {
    let times = [timespec(), timespec()].map { _ in
      timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
    }
    let entry = reader(identity).entryPath(module)
    try check("utimensat", entry.withPlatformString { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) })
  }

  func remove(_ file: FilePath) throws { try check("unlink", file.withPlatformString { unlink($0) }) }

  /// Puts other bytes where an object is, as a disk that rots would.
  func corrupt(_ object: FilePath, with bytes: [UInt8]) throws {
    try directory.write(bytes, to: "other")
    let folder = try Descriptor.open(directory.path, 0)
    try folder.rename("other", to: folder, as: object)
  }
}

extension EngineWriter {
  func publish(_ artifact: [UInt8], for module: WasmHash) throws {
    let result = artifact.withUnsafeBytes { bytes in
      Result { () throws(CacheError) in try publish(bytes, for: module) }
    }
    try result.get()
  }
}
