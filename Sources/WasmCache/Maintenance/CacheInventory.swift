internal import Glibc
internal import LinuxIO
package import SystemPackage

/// Everything that a cache holds, listed without reading an artifact, to look into it or to make room in it.
package struct CacheInventory: Sendable {
  /// An artifact's file.
  package struct Object: Hashable, Sendable {
    package let digest: ArtifactDigest
    let stamp: FileStamp
    /// Bytes.
    package var size: Int64 { stamp.size }
    /// Nanoseconds since 1970.
    package var written: Int64 { stamp.modified }
  }

  /// A module's artifact for one engine.
  package struct Entry: Sendable {
    /// Its engine's place in ``engines``.
    package let engine: Int
    package let module: WasmHash
    /// Its file's name in the engine's directory.
    let name: FilePath.Component
    /// Nil if it is no link to an object of this cache.
    package let digest: ArtifactDigest?
    let stamp: FileStamp
    /// Nanoseconds since 1970, right to a day.
    package var lastUse: Int64 { stamp.modified }
    /// Whether it is a file, because the cache was copied without its links.
    package var isCopy: Bool { stamp.kind == .regular }
  }

  package let engines: [StoredEngine]
  package let objects: [ArtifactDigest: Object]
  package let entries: [Entry]
  /// Objects that were moved aside because their bytes had changed.
  package let corrupt: [Object]

  /// Bytes of all artifacts.
  package var size: Int64 { objects.values.reduce(0) { $0 + $1.size } + corrupt.reduce(0) { $0 + $1.size } }

  /// Whether the cache was copied by something that leaves links out.
  package var hasLostEveryEntry: Bool {
    entries.isEmpty && !objects.isEmpty && engines.contains { $0.description != nil }
  }

  /// The object that an entry leads to, if it is there.
  package func object(of entry: Entry) -> Object? { entry.digest.flatMap { objects[$0] } }

  /// The contents of a cache that is not there.
  package static let empty = CacheInventory(engines: [], objects: [:], entries: [], corrupt: [])

  package func path(of entry: Entry, in cache: CacheDirectory) -> FilePath {
    cache.base.appending(CacheLayout.engines).appending(engines[entry.engine].name).appending(entry.name)
  }
}

/// One of the cache's directories for an engine identity.
package struct StoredEngine: Sendable {
  let name: FilePath.Component
  /// The contents of `engine.json`; nil if it cannot be read.
  package let description: EngineDescription?

  /// The directory's name: `cranelift-50-0123456789abcdef`.
  package var directory: String { name.string }

  /// The parts of the name, good enough for people if `engine.json` is lost.
  private var parsed: EngineDirectoryName? { EngineDirectoryName(directory) }
  package var backend: String { description?.backend ?? parsed?.backend ?? directory }
  package var version: String { description?.version ?? parsed?.version ?? "" }
  /// The start of the identity's digest, as names and messages show it.
  package var shortIdentity: String { parsed?.shortIdentity ?? "" }
  /// The compiler as messages name it: `wasmtime 50`.
  package var compiler: String { "\(description?.format ?? ArtifactFormat.wasmtime.name) \(version)" }
  /// The end of its entries' names.
  var suffix: String { description?.suffix ?? ArtifactFormat.wasmtime.suffix }

  /// The backend, followed by what differs from the defaults: `cranelift, opt-level none`.
  package var wish: String { description?.wish.description ?? backend }
}

extension CacheInventory {
  /// - Parameter settling: whether to wait until every listed object has its entry. A caller that removes objects without
  ///   an entry needs that; false only saves time.
  package init(of cache: CacheDirectory, settling: Bool = false) throws(CacheError) {
    objects = try cache.listObjects()
    corrupt = try cache.listCorrupt()
    // A publisher makes the object's name before the entry's. One that was in between when the objects were listed is done
    // after this.
    if settling { try cache.awaitPublishers() }
    var engines: [StoredEngine] = []
    var entries: [Entry] = []
    for name in try cache.list(cache.engines, CacheLayout.engines) {
      guard let directory = try? cache.engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { continue }
      for entry in try cache.list(directory, "\(CacheLayout.engines)/\(name.string)") {
        // An entry that vanishes meanwhile is not there.
        guard let module = CacheLayout.module(ofEntry: entry.string), let stamp = try? directory.status(of: entry).stamp
        else { continue }
        let target = stamp.kind == .symbolicLink ? try? directory.symbolicLinkTarget(entry) : nil
        entries.append(
          Entry(
            engine: engines.count, module: module, name: entry, digest: target.flatMap(CacheLayout.digest(ofTarget:)),
            stamp: stamp))
      }
      engines.append(StoredEngine(name: name, description: EngineDescription(in: directory)))
    }
    self.engines = engines
    self.entries = entries
  }
}

extension CacheDirectory {
  package func path(of object: CacheInventory.Object, isCorrupt: Bool) -> FilePath {
    let name = CacheLayout.objectName(object.digest)
    return isCorrupt
      ? base.appending(CacheLayout.corrupt).appending("\(object.digest)")
      : base.appending(CacheLayout.objects).appending(name.directory).appending(name.file)
  }

  fileprivate func listObjects() throws(CacheError) -> [ArtifactDigest: CacheInventory.Object] {
    var found: [ArtifactDigest: CacheInventory.Object] = [:]
    for folder in try list(objects, CacheLayout.objects) where folder.string.utf8.count == 2 {
      guard let directory = try? objects.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { continue }
      for file in try list(directory, "\(CacheLayout.objects)/\(folder.string)") {
        guard let digest = ArtifactDigest(hex: (folder.string + file.string).utf8),
          let stamp = try? directory.status(of: file).stamp, stamp.kind == .regular
        else { continue }
        found[digest] = CacheInventory.Object(digest: digest, stamp: stamp)
      }
    }
    return found
  }

  fileprivate func listCorrupt() throws(CacheError) -> [CacheInventory.Object] {
    guard let corrupt = try? version.open(CacheLayout.corrupt, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return [] }
    var found: [CacheInventory.Object] = []
    for file in try list(corrupt, CacheLayout.corrupt) {
      guard let digest = ArtifactDigest(hex: file.string.utf8), let stamp = try? corrupt.status(of: file).stamp,
        stamp.kind == .regular
      else { continue }
      found.append(CacheInventory.Object(digest: digest, stamp: stamp))
    }
    return found
  }

  fileprivate func list(_ directory: borrowing Descriptor, _ name: String) throws(CacheError) -> [FilePath.Component] {
    do { return try directory.names().sorted { $0.string < $1.string } } catch {
      throw CacheError(base.appending(name), "list", error)
    }
  }

  fileprivate func awaitPublishers() throws(CacheError) { try whilePublishersWait {} }
}
