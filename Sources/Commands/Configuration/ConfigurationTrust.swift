internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

/// Whose files of settings count for a project: this user's, root's, and those of the owner of what is compiled, who decides
/// about it anyway.
struct ConfigurationTrust {
  let owners: Set<UInt32>

  /// - Parameter place: the project's directory, or a file of it.
  init(of place: FilePath) {
    // In a user name space real root may show as nobody; the root directory is root's.
    let others = [place, "/"].compactMap { try? Descriptor.status(of: $0).owner }
    owners = Set([geteuid(), 0] + others)
  }

  /// Only the user and root.
  init() { owners = [geteuid(), 0] }

  /// Why a file is not for this project; nil if it is.
  func objection(to file: FileStatus, at path: FilePath, in directory: FilePath) -> String? {
    if !owners.contains(file.owner) { return Self.foreign("it", file) }
    if Self.isWritableByOthers(file, path) { return "other users may write to it: `chmod go-w` it" }
    guard let parent = try? Descriptor.status(of: directory) else { return "its directory cannot be looked at" }
    if !owners.contains(parent.owner) { return Self.foreign("its directory", parent) }
    // In a sticky directory, as /tmp is, nobody else can replace it.
    let isProtected = parent.permissions & 0o1000 != 0
    return !isProtected && Self.isWritableByOthers(parent, directory)
      ? "other users may write to its directory: `chmod go-w` that" : nil
  }

  private static func foreign(_ what: String, _ status: FileStatus) -> String {
    "\(what) belongs to user \(status.owner), who decides nothing here"
  }

  /// A group that has only the owner for its member is as good as the owner.
  static func isWritableByOthers(_ status: FileStatus, _ path: FilePath) -> Bool {
    if status.permissions & 0o022 == 0 { return false }
    if status.permissions & 0o002 != 0 || !PrivateGroup.isPrivate(status.group, to: status.owner) { return true }
    // A list of access rights says more than the mode.
    return (try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY))?.hasOnlyMode != true
  }
}
