internal import Glibc
internal import LinuxIO
package import SystemPackage

/// A module's artifact in the cache, for one engine.
package struct ModuleArtifact: Sendable {
  package let engine: StoredEngine
  /// The entry's path.
  package let path: FilePath
  /// Bytes.
  package let size: Int
  /// False for an entry that is a file, because the cache was copied without its links. It counts as no artifact.
  package let isLinked: Bool
}

extension CacheDirectory {
  /// A module's artifacts for any engine, as ``EngineDirectory/lookUp(_:)`` finds or reports copied without links.
  package func artifacts(of module: WasmHash) -> [ModuleArtifact] {
    let names = ((try? engines.names()) ?? []).sorted { $0.string < $1.string }
    return names.compactMap { name in
      guard let own = try? engines.status(of: name), trust.objection(to: own) == nil,
        let engine = storedEngine(name)
      else { return nil }
      let entry = CacheLayout.entryName(module, suffix: engine.suffix)
      let place = "\(name.string)/\(entry)"
      guard let own = try? engines.status(of: place) else { return nil }
      let isLinked = own.kind == .symbolicLink
      guard let status = isLinked ? statusOfObject(atEntry: place, of: engine) : own, status.kind == .regular
      else { return nil }
      return ModuleArtifact(
        engine: engine, path: path(of: name).appending(entry), size: status.size, isLinked: isLinked)
    }
  }

  /// The object's status; nil unless the entry leads to an object that may be used.
  private func statusOfObject(atEntry place: String, of engine: StoredEngine) -> FileStatus? {
    guard let target = try? engines.symbolicLinkTarget(place), let digest = CacheLayout.digest(ofTarget: target)
    else { return nil }
    let object = CacheLayout.objectName(digest)
    guard let status = try? objects.status(of: "\(object.directory)/\(object.file)"),
      status.kind == .regular, trust.objection(to: status) == nil
    else { return nil }
    // Where nothing says what the engine's artifacts look like, any may be one.
    let judge = engine.description.flatMap(ObjectJudge.init)
    return judge?.fault(of: digest, size: status.size, in: self) == nil ? status : nil
  }

  /// The module and engine of an entry, and the digest that its artifact must have; nil for any other path.
  package func entry(at path: FilePath) -> (module: WasmHash, engine: StoredEngine, digest: ArtifactDigest)? {
    guard let name = path.lastComponent, let module = CacheLayout.module(ofEntry: name.string),
      let parent = path.removingLastComponent().resolved, let directory = parent.lastComponent,
      parent == self.path(of: directory).resolved, let engine = storedEngine(directory),
      let target = try? engines.symbolicLinkTarget("\(directory.string)/\(name.string)"),
      let digest = CacheLayout.digest(ofTarget: target)
    else { return nil }
    return (module, engine, digest)
  }

  private func path(of engine: FilePath.Component) -> FilePath {
    base.appending(CacheLayout.engines).appending(engine)
  }

  private func storedEngine(_ name: FilePath.Component) -> StoredEngine? {
    guard let directory = try? engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return nil }
    return StoredEngine(name: name, description: EngineDescription(in: directory))
  }
}

extension EngineDirectory {
  /// Other wishes with which the same build of the compiler has compiled a module.
  package func otherWishes(of module: WasmHash) -> [String] {
    cache.artifacts(of: module).filter(\.isLinked).map(\.engine).filter {
      $0.directory != name && $0.description?.build == identity.build.hex
    }.map(\.wish)
  }
}
