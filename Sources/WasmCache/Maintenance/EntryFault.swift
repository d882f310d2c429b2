package import SystemPackage

package enum EntryFault: Hashable, Sendable {
  /// The entry is not a symbolic link to an object.
  case notALink
  /// The entry is a file that has an artifact's bytes.
  case copied
  /// The entry is a file that has a link's text.
  case linkAsText
  /// The entry is a file with bytes that nothing in the cache proves.
  case corruptCopy(actual: String)
  /// The entry is a file, and nothing tells what an artifact of its engine looks like. It may be as good as any.
  case notJudged(reason: String)
  /// There is no entry, though the catalog remembers the artifact and its object is there.
  case linkMissing
  /// The entry leads to an artifact that its engine would refuse.
  case otherEngine
  /// The entry leads to a file that no engine has made.
  case noArtifact
  /// It is no entry, but an engine's directory, and another user may decide what is in it, or it is a link.
  case untrustedDirectory(reason: String)
  /// The entry's object is not there.
  case objectMissing
  /// The entry's object was corrupt. Another process found that and moved it out of the way.
  case movedAside
  /// The object cannot be read.
  case unreadable(reason: String)
  /// The object's bytes do not have the digest that it is named by.
  case digestDiffers(actual: String)
  /// The artifact is as it was stored, and not signed by a key that is trusted.
  case refused(SignatureFault)
  /// The object is as it was stored, and its engine makes something else of the module.
  case notReproduced(stored: String, made: String)
  /// The engine does not compile the module any more.
  case notCompiled(reason: String)

  /// Whether only the link was lost when the cache was copied, and the artifact is as it was stored.
  package var isLostLink: Bool { [.copied, .linkAsText, .linkMissing].contains(self) }
}

extension EntryFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notALink: "is not a link to an object of this cache"
    case .copied: "is a copy, not a link: this cache was copied without its links (`cp -a` keeps them)"
    case .linkAsText:
      "is a file with a link's text, not a link: this cache was copied without its links (`cp -a` keeps them)"
    case .corruptCopy(let actual):
      "is a copy, not a link, and corrupt: no artifact of this cache has bytes that hash to \(actual.prefix(16))…"
    case .notJudged(let reason): "is a file, not a link, and cannot be judged: \(reason)"
    case .linkMissing: "is missing, though its artifact is there: copying a cache must keep its links (`cp -a` does)"
    case .otherEngine: "its artifact is of another engine or other settings"
    case .noArtifact: "its file is no engine's artifact"
    case .untrustedDirectory(let reason): reason
    case .objectMissing: "its artifact is missing"
    case .movedAside: "its artifact was corrupt and is moved aside: the next run makes it again"
    case .unreadable(let reason): "its artifact cannot be read: \(reason)"
    case .digestDiffers(let actual): "its artifact is corrupt: the bytes hash to \(actual.prefix(16))…, not to its name"
    case .refused(let fault): "\(fault)"
    case .notReproduced(let stored, let made):
      "its artifact is not what its engine makes of the module: the bytes hash to \(stored.prefix(16))…, "
        + "those of a new compilation to \(made.prefix(16))…"
    case .notCompiled(let reason): "its artifact cannot be made again: the module \(reason)"
    }
  }
}

/// How a fault was mended.
package enum EntryRepair: Hashable, Sendable {
  /// The corrupt object is in the directory `corrupt`.
  case movedAside
  /// The entry is gone.
  case removed
  /// The entry is a link to its artifact again.
  case linked
}

/// One entry that was looked at.
package struct CheckedEntry: Sendable {
  package let path: FilePath
  /// Bytes of the artifact; 0 if it could not be read.
  package let size: Int
  package let fault: EntryFault?
  /// Nil if the fault is still there.
  package let repair: EntryRepair?

  package init(path: FilePath, size: Int, fault: EntryFault?, repair: EntryRepair?) {
    self.path = path
    self.size = size
    self.fault = fault
    self.repair = repair
  }
}
