internal import Glibc
internal import LinuxIO
internal import WasmCache

/// How an artifact's bytes got to their second place.
package enum ExportMethod: String, Hashable, Sendable {
  /// Sharing blocks until one of them is changed.
  case reflink
  /// Another name of the same file.
  case hardLink = "hard link"
  case copy
}

extension Artifact {
  /// Makes a file with the artifact's bytes, with as little work as the file system allows.
  ///
  /// A hard link shares the time stamps, too. Build tools compare those with what they made from an export. So only an
  /// artifact that was made just now may be linked: an old one that an export goes back to would look as if nothing had
  /// changed. (Rejected: giving the shared file new times, which would change those of other exports.) A linked file cannot
  /// be written to by mistake, because objects are of mode 0444. Copies have that mode, too, so that no user gets used to
  /// writing.
  func materialize(to directory: borrowing Descriptor, as name: String, isNew: Bool) throws(SystemError) -> ExportMethod
  {
    let mode: UInt32 = 0o444
    let flags = O_WRONLY | O_CREAT | O_EXCL
    do {
      let clone = try directory.open(name, flags, mode: mode)
      if (try? clone.clone(descriptor)) != nil { return .reflink }
    }
    try directory.remove(name)
    if isNew, (try? directory.makeHardLink(name, to: descriptor)) != nil { return .hardLink }
    let copy = try directory.open(name, flags, mode: mode)
    try descriptor.forEachBlock { block throws(SystemError) in try copy.write(all: block) }
    return .copy
  }
}
