internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The directories of a cache that tell why an identity's own lacks something, or have it.
struct EngineRelatives: Sendable {
  /// Those of compilers that were asked for the same.
  var otherBuilds: [String] = []
  /// Those of the same build of the compiler, asked for something else.
  var otherWishes: [String] = []
  /// Those whose artifacts may be what would be made for this identity.
  var serving: [String] = []
}

extension CacheDirectory {
  /// The other directories that have something to do with an identity.
  func relatives(of identity: ArtifactIdentity, named own: String) -> EngineRelatives {
    var relatives = EngineRelatives()
    for name in ((try? engines.names()) ?? []).map(\.string) where name != own {
      guard let directory = try? engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
        let description = EngineDescription(in: directory)
      else { continue }
      if description.wish == identity.wish {
        relatives.otherBuilds.append(name)
      } else if description.build == identity.build.hex {
        relatives.otherWishes.append(name)
      }
      if description.serves(identity), let status = try? directory.status(), trust.objection(to: status) == nil {
        relatives.serving.append(name)
      }
    }
    return relatives
  }
}
