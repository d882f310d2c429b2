internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Whose files of settings count for a project: this user's, root's, and those of the owner of what is compiled, who decides
/// about it anyway.
struct ConfigurationTrust {
  private let owners: Set<UInt32>

  /// - Parameter place: the project's directory, or a file of it.
  init(of place: FilePath) {
    // In a user name space real root may show as nobody; the root directory is root's.
    let others = [place, "/"].compactMap { try? Descriptor.status(of: $0).owner }
    owners = Set([geteuid(), 0] + others)
  }

  /// Why a file is not for this project; nil if it is.
  func objection(to file: FileStatus, in directory: FilePath) -> String? {
    if !owners.contains(file.owner) { return Self.foreign("it", file) }
    if Self.isWritableByOthers(file) { return "other users may write to it: `chmod go-w` it" }
    guard let parent = try? Descriptor.status(of: directory) else { return "its directory cannot be looked at" }
    if !owners.contains(parent.owner) { return Self.foreign("its directory", parent) }
    // In a sticky directory, as /tmp is, nobody else can replace it.
    let isProtected = parent.permissions & 0o1000 != 0
    return Self.isWritableByOthers(parent) && !isProtected
      ? "other users may write to its directory: `chmod go-w` that" : nil
  }

  private static func foreign(_ what: String, _ status: FileStatus) -> String {
    "\(what) belongs to user \(status.owner), who decides nothing here"
  }

  /// Many systems give each user a group of the same number, and new files that group's right to write.
  private static func isWritableByOthers(_ status: FileStatus) -> Bool {
    let isGroupOwn = status.group == status.owner
    return status.permissions & (isGroupOwn ? 0o002 : 0o022) != 0
  }
}
