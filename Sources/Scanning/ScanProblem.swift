package import LinuxIO
package import SystemPackage

/// Something below a root that should have been scanned and could not be, said so that the user can mend it.
///
/// `description` is `what failed: why, fix` without the path, because only the reporter knows how to print a path
/// safely.
package struct ScanProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    /// A root cannot be found.
    case root(Errno)
    /// A directory cannot be opened, listed or looked into, so its modules are unknown.
    case directory(Errno)
    /// The process has no descriptor left; the scan ended here and is incomplete.
    case outOfDescriptors(Errno)
    /// The stat data of a module cannot be had.
    case module(Errno)
    /// A symbolic link named as a module leads to nothing.
    case danglingLink
    /// Something named as a module is none. It was not opened.
    case notRegular(FileKind)
    /// A symbolic link leads to a directory that it lies in; it was not followed. Only a warning.
    case linkCycle
  }

  package let path: FilePath
  /// The index of the root below which it was found.
  package let root: Int
  package let reason: Reason

  /// Whether there is nothing of that name.
  package var isMissing: Bool { [.root(.noSuchFileOrDirectory), .root(.notDirectory)].contains(reason) }

  /// Whether the result is complete in spite of it.
  package var isWarning: Bool { reason == .linkCycle }

  package var description: String {
    switch reason {
    case .root(let errno):
      "cannot open: " + Self.explain(errno, denied: "check the permissions of the directories above it")
    case .directory(let errno):
      "cannot read directory: " + Self.explain(errno, denied: "make it readable (chmod u+rx) or use --exclude")
    case .outOfDescriptors(let errno):
      "cannot read directory: " + Self.explain(errno, denied: "") + " and scan again, the rest was not scanned"
    case .module(let errno):
      "cannot examine module: " + Self.explain(errno, denied: "make it readable or use --exclude")
    case .danglingLink:
      "cannot follow symbolic link: its target does not exist, restore it, remove the link or use --exclude"
    case .notRegular(let kind):
      "cannot be a module: it is \(kind.description), not a regular file, rename it or use --exclude"
    case .linkCycle:
      "not following symbolic link: it leads to a directory that it lies in, use --exclude to silence this"
    }
  }

  /// The reason and the fix, for the errors that a path can bring.
  ///
  /// - Parameter denied: the fix where the permission is missing.
  private static func explain(_ errno: Errno, denied: String) -> String {
    switch errno {
    case .noSuchFileOrDirectory: "no such file or directory, check the spelling"
    case .notDirectory: "a part of the path is not a directory, check the spelling"
    case .tooManySymbolicLinkLevels: "too many levels of symbolic links, remove the link that leads back to itself"
    case .fileNameTooLong: "the path is too long, start from a directory nearer to it"
    case .permissionDenied, .notPermitted: "permission denied, \(denied)"
    case .tooManyOpenFiles: errno.reason
    case .tooManyOpenFilesInSystem: "too many open files in the system, close some programs"
    case .ioError: "input/output error, check the disk or the connection to it"
    case .staleNFSFileHandle: "stale file handle, scan again"
    default: "\(errno.reason) (errno \(errno.rawValue)), mend that or use --exclude"
    }
  }
}

/// A problem as a scanning thread notes it: with the bytes of its path, which also order the problems.
struct FoundProblem: Sendable {
  let root: Int
  let path: [UInt8]
  let reason: ScanProblem.Reason
}
