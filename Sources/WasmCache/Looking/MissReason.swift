/// Why a module has to be compiled.
public enum MissReason: String, CaseIterable, Sendable {
  /// No compiler has made an artifact of it for this cache.
  case newModule = "new module"
  /// The compiler has made one for another backend or other settings only.
  case newTarget = "new target"
  /// Another build of the compiler made one.
  case engineChanged = "engine changed"
  /// The artifact's bytes are not those that were stored.
  case artifactCorrupt = "artifact corrupt"
  /// The entry stands for an artifact that another engine made, or for a file that is none.
  case otherEngine = "artifact of another engine"
  /// A lower cache, or another machine, has the artifact, and it is not signed by a key that is trusted.
  case refused = "signature refused"
  /// The entry was a link, and the cache was copied by something that does not keep links.
  case linkLost = "copied without links"
  /// The artifact was there, and was removed to make room.
  case evicted
  /// The artifact is there, and a new one was asked for.
  case forced
}
