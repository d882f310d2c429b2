internal import LinuxIO
internal import ProgramToolchain
internal import SystemPackage

/// Who may change the programs that run as a compiler, and so decides what artifacts do.
///
/// What `PATH` leads to is the user's choice, as with any program, and there are machines where everybody may write to a directory
/// of it. So others are named, and not refused.
struct CompilerTrust {
  private let owners = ConfigurationTrust(of: "/").owners

  /// What is wrong with the first part of a compiler that others may change; nil if there is none.
  func objection(to compiler: FoundCompiler) -> String? {
    for path in compiler.whereabouts {
      // A link is changed where it lies, and by its owner, though the directory be sticky.
      if let link = try? Descriptor.status(of: path, followingLinks: false), link.kind == .symbolicLink,
        !owners.contains(link.owner)
      {
        return "\(path.printable) belongs to user \(link.owner), who decides what artifacts do"
      }
      for place in [path, path.resolved ?? path] {
        if let objection = objection(toFileAt: place) { return objection }
        if let objection = objection(toFileAt: place.removingLastComponent()) { return objection }
      }
    }
    return nil
  }

  private func objection(toFileAt path: FilePath) -> String? {
    guard let status = try? Descriptor.status(of: path) else { return nil }
    if !owners.contains(status.owner) {
      return "\(path.printable) belongs to user \(status.owner), who decides what artifacts do"
    }
    // In a sticky directory, as /tmp is, nobody else can replace a file.
    if status.kind == .directory && status.permissions & 0o1000 != 0 { return nil }
    // What root has given to a group, as /usr/local to Debian's group staff, is root's decision.
    if status.owner == 0 && status.permissions & 0o002 == 0 { return nil }
    guard ConfigurationTrust.isWritableByOthers(status, path) else { return nil }
    return "other users may write to \(path.printable), and so decide what artifacts do: `chmod go-w` it"
  }
}
