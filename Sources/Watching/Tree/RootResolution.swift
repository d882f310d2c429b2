internal import LinuxIO
internal import SystemPackage

/// The file or directory that a root's path leads to, and the directories that decide it.
///
/// A root is watched for more than its content: it may be deleted, renamed, made again, or reached over a link that
/// is changed. Each of these changes a name in one of the directories that the kernel goes through to resolve the
/// path, or moves one of these directories.
struct RootResolution: Hashable {
  /// Something that changes the resolution when it changes.
  struct Dependency: Hashable {
    var directory: FilePath
    /// The name in it that matters; `nil` when only the directory itself does.
    var name: FilePath.Component?
  }

  enum Outcome: Hashable {
    case directory(FileIdentity)
    /// A file that is not a directory, after all links; it may be watched through the directory it is in.
    case file(in: FilePath, name: FilePath.Component)
    /// There is no such name in the deepest directory that is there.
    case missing(in: FilePath, name: FilePath.Component?)
  }

  private(set) var dependencies: Set<Dependency> = []
  private(set) var outcome = Outcome.missing(in: "/", name: nil)

  /// Follows `root` from the top as the kernel does, keeping what each step depends on.
  init(of root: FilePath) {
    var current: FilePath = "/"
    var rest = Array(root.absolute.components.reversed())
    var links = 0
    while let name = rest.popLast() {
      switch name.kind {
      case .currentDirectory: continue
      case .parentDirectory:
        current.removeLastComponent()
        continue
      case .regular: break
      }
      let next = current.appending(name)
      guard let stamp = try? Descriptor.status(of: next, followingLinks: false).stamp else {
        depend(on: current, name)
        outcome = .missing(in: current, name: rest.isEmpty ? name : nil)
        return
      }
      if stamp.kind == .symbolicLink {
        depend(on: current, name)
        links += 1
        // The kernel gives up after as many.
        guard links <= 40, let target = try? Descriptor.symbolicLinkTarget(of: next) else { return }
        if target.isAbsolute { current = "/" }
        rest += target.components.reversed()
        continue
      }
      guard stamp.kind == .directory else {
        depend(on: current, name)
        outcome = rest.isEmpty ? .file(in: current, name: name) : .missing(in: current, name: nil)
        return
      }
      if rest.isEmpty { depend(on: current, name) } else { depend(on: next, nil) }
      current = next
    }
    guard let stamp = try? Descriptor.status(of: current, followingLinks: false).stamp else { return }
    depend(on: current, nil)
    outcome = .directory(stamp.identity)
  }

  private mutating func depend(on directory: FilePath, _ name: FilePath.Component?) {
    dependencies.insert(Dependency(directory: directory, name: name))
  }
}
