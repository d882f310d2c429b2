internal import Glibc
internal import LinuxIO
internal import WasmCache

/// How an artifact's bytes get to their second place.
package enum ExportMethod: String, Hashable, Sendable {
  /// Sharing blocks until one of them is changed.
  case reflink
  /// Another name of the same file.
  case hardLink = "hard link"
  case copy
}

extension Artifact {
  /// Makes a file with the artifact's bytes, with as little work as the file system and the user allow.
  ///
  /// A hard link is the cache's own file: whoever changes one changes the other. Mode 0444 does not keep root from it, and
  /// `cp x.cwasm out/y.cwasm` in a container is enough. So a link is made only for users who ask for it.
  ///
  /// A hard link shares the time stamps, too. Build tools compare those with what they made from an export. So only an
  /// artifact that was made just now is linked: an old one that an export goes back to would look as if nothing had
  /// changed. (Rejected: giving the shared file new times, which would change those of other exports.) Copies are
  /// read-only, too, so that no user gets used to writing.
  ///
  /// - Parameter linking: whether another name of the same file will do.
  func materialize(
    to directory: borrowing Descriptor, as name: String, linking: Bool
  ) throws(SystemError) -> ExportMethod {
    let mode: UInt32 = 0o444
    let flags = O_WRONLY | O_CREAT | O_EXCL
    do {
      let clone = try directory.open(name, flags, mode: mode)
      if (try? clone.clone(descriptor)) != nil { return .reflink }
    }
    try directory.remove(name)
    if linking, (try? directory.makeHardLink(name, to: descriptor)) != nil { return .hardLink }
    let copy = try directory.open(name, flags, mode: mode)
    try descriptor.forEachBlock { block throws(SystemError) in try copy.write(all: block) }
    return .copy
  }
}
