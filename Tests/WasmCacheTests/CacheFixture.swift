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

  /// Artifacts like those of wasmtime, of which none carries a record: any bytes may be one.
  private static let format = ArtifactFormat(name: "wasmtime", suffix: ".cwasm", magic: [])

  /// An engine that exists only in name.
  static func identity(
    _ backend: Backend = .cranelift, optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native,
    build: UInt8 = 1
  ) -> ArtifactIdentity {
    let strict = strictIdentity(backend, optimization: optimization, cpu: cpu, build: build)
    return ArtifactIdentity(
      format: format, wish: strict.wish, version: strict.version, target: strict.target, record: strict.record,
      build: strict.build, features: strict.features)
  }

  /// The same engine, as it is filed in the same place, with artifacts that carry records.
  static func strictIdentity(
    _ backend: Backend = .cranelift, optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native,
    build: UInt8 = 1
  ) -> ArtifactIdentity {
    ArtifactIdentity(
      settings: EngineSettings(backend: backend, optimization: optimization, cpu: cpu),
      compatibility: CompatibilityRecord(bytes: record(of: "x86")), libraryBuild: [build])
  }

  /// The record of an engine that makes code for some processor.
  static func record(of target: String) -> [UInt8] {
    [0, 2] + Array("50".utf8) + [UInt8(target.utf8.count)] + Array(target.utf8)
  }

  /// An artifact with a record.
  static func artifact(_ code: String, for target: String = "x86") -> [UInt8] {
    ELFImage(sections: [
      .init(name: CompatibilityRecord.sectionName, contents: record(of: target)),
      .init(name: ".text", contents: Array(code.utf8)),
    ]).bytes
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
