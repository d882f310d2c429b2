internal import Glibc
internal import LinuxIO
package import SystemPackage
package import WasmEngine

/// The part of the cache that is good for one engine identity, for looking up; it need not exist yet.
package final class EngineDirectory: Sendable {
  package let identity: EngineIdentity
  let cache: CacheDirectory
  let name: String
  private let directory: Descriptor?

  package init(_ identity: EngineIdentity, in cache: CacheDirectory) throws(CacheError) {
    self.identity = identity
    self.cache = cache
    name = identity.directoryName
    do {
      directory = try cache.engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch let error where error.errno == .noSuchFileOrDirectory {
      directory = nil
    } catch {
      throw CacheError(Self.path(name, in: cache), "open", error)
    }
  }

  private static func path(_ name: String, in cache: CacheDirectory) -> FilePath {
    cache.base.appending(CacheLayout.engines).appending(name)
  }

  package var path: FilePath { Self.path(name, in: cache) }

  /// The path that any runtime can open to have the module's artifact.
  package func entryPath(_ module: WasmHash) -> FilePath { path.appending(CacheLayout.entryName(module)) }

  /// What the cache has for a module: one system call when it has it.
  package func lookUp(_ module: WasmHash) -> Lookup {
    let entry = CacheLayout.entryName(module)
    guard directory != nil else { return .absent(reasonForMissingEntry(entry)) }
    if let status = try? directory?.status(of: entry, followingLinks: true), status.kind == .regular, status.size > 0 {
      return .present(size: status.size)
    }
    guard let target = try? directory?.symbolicLinkTarget(entry) else { return .absent(reasonForMissingEntry(entry)) }
    guard let digest = CacheLayout.digest(ofTarget: target) else { return .absent(.artifactCorrupt) }
    return .absent(cache.isSetAside(digest) ? .artifactCorrupt : .evicted)
  }

  private func reasonForMissingEntry(_ entry: String) -> MissReason {
    cache.hasEntry(entry, ofOtherEnginesThan: name, backend: identity.settings.backend) ? .engineChanged : .newModule
  }
}

/// What the cache has for a module.
package enum Lookup: Hashable, Sendable {
  /// An entry whose object is there; `size` in bytes.
  case present(size: Int)
  case absent(MissReason)
}

/// Why a module has to be compiled.
public enum MissReason: String, CaseIterable, Sendable {
  case newModule = "new module"
  case engineChanged = "engine changed"
  case artifactCorrupt = "artifact corrupt"
  case evicted
  case forced
}
