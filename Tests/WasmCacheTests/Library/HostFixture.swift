import LinuxIO
import SystemPackage
import TestSupport
import WasmCache
import WasmEngine

/// A cache directory of one test's own, and the engine that the tests load.
struct HostFixture {
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

  /// The path of the one object that the cache has.
  func onlyObject() throws -> FilePath {
    let objects = path.appending("v1/objects")
    for folder in try Descriptor.open(objects, 0).names() {
      let place = objects.appending(folder)
      for file in try Descriptor.open(place, 0).names() { return place.appending(file) }
    }
    throw Missing()
  }

  private struct Missing: Error {}
}
