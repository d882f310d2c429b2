internal import Glibc
internal import LinuxIO
package import SystemPackage

extension CacheDirectory {
  /// What the cache has of a module, whatever engine it is for.
  package func artifacts(of module: WasmHash) -> [(engine: StoredEngine, path: FilePath, size: Int)] {
    let names = ((try? engines.names()) ?? []).sorted { $0.string < $1.string }
    return names.compactMap { name in
      guard let engine = storedEngine(name) else { return nil }
      let entry = CacheLayout.entryName(module, suffix: engine.suffix)
      guard let status = try? engines.status(of: "\(name.string)/\(entry)", followingLinks: true),
        status.kind == .regular
      else { return nil }
      return (engine, path(of: name).appending(entry), status.size)
    }
  }

  /// What an entry stands for, and the digest that its artifact must have; nil for any other path.
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
  /// What else the same build of the compiler has compiled a module with.
  package func otherWishes(of module: WasmHash) -> [String] {
    cache.artifacts(of: module).map(\.engine).filter {
      $0.directory != name && $0.description?.build == identity.build.hex
    }.map(\.wish)
  }
}
