internal import LinuxIO
internal import ProgramToolchain
internal import SystemPackage

/// Who may change the programs that run as a compiler, and so decides what artifacts do.
///
/// What `PATH` leads to is the user's choice, as with any program, and there are machines where everybody may write to a directory
/// of it. So others are named, and not refused. Whoever may write to any directory above a program may put another in its place.
struct CompilerTrust {
  private let owners = ConfigurationTrust(of: "/").owners

  /// What is wrong with the first part of a compiler that others may change; nil if there is none.
  func objection(to compiler: FoundCompiler) -> String? {
    var seen: Set<FilePath> = []
    var waiting = compiler.whereabouts.flatMap { [$0, $0.resolved ?? $0] }
    var next = 0
    while next < waiting.count {
      var place = waiting[next]
      next += 1
      // What is above a place that was looked at, was looked at, too.
      while seen.insert(place).inserted {
        if let link = try? Descriptor.status(of: place, followingLinks: false), link.kind == .symbolicLink {
          // A link is changed where it lies, and by its owner, though the directory be sticky.
          if !owners.contains(link.owner) { return Self.owned(place, by: link.owner) }
          if let target = try? Descriptor.symbolicLinkTarget(of: place) {
            waiting.append(place.removingLastComponent().pushing(target).lexicallyNormalized())
          }
        }
        if let objection = objection(toFileAt: place) { return objection }
        if !place.removeLastComponent() { break }
      }
    }
    return nil
  }

  private static func owned(_ path: FilePath, by user: UInt32) -> String {
    "\(path.printable) belongs to user \(user), who decides what artifacts do"
  }

  private func objection(toFileAt path: FilePath) -> String? {
    guard let status = try? Descriptor.status(of: path) else { return nil }
    if !owners.contains(status.owner) { return Self.owned(path, by: status.owner) }
    // In a sticky directory, as /tmp is, nobody else can replace a file.
    if status.kind == .directory && status.permissions & 0o1000 != 0 { return nil }
    // What root has given to a group, as /usr/local to Debian's group staff, is root's decision.
    if status.owner == 0 && status.permissions & 0o002 == 0 { return nil }
    guard ConfigurationTrust.isWritableByOthers(status, path) else { return nil }
    return "other users may write to \(path.printable), and so decide what artifacts do: `chmod go-w` it"
  }
}
