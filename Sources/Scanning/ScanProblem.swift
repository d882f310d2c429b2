package import LinuxIO
package import SystemPackage

/// Something below a root that should have been scanned and could not be.
///
/// `description` is `what failed: why` without the path, because only the reporter knows how to print a path safely.
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
    case .root(let errno): "cannot open: \(Self.explain(errno))"
    case .directory(let errno), .outOfDescriptors(let errno): "cannot read directory: \(Self.explain(errno))"
    case .module(let errno): "cannot examine module: \(Self.explain(errno))"
    case .danglingLink: "cannot follow symbolic link: its target does not exist"
    case .notRegular(let kind): "cannot be a module: it is \(kind.description), not a regular file"
    case .linkCycle: "not following symbolic link: it leads to a directory that it lies in"
    }
  }

  /// The reason, for the errors that a path can bring.
  private static func explain(_ errno: Errno) -> String {
    switch errno {
    case .noSuchFileOrDirectory: "no such file or directory"
    case .notDirectory: "a part of the path is not a directory"
    case .tooManySymbolicLinkLevels: "too many levels of symbolic links"
    case .fileNameTooLong: "the path is too long"
    case .permissionDenied, .notPermitted: "permission denied"
    case .tooManyOpenFiles: errno.reason
    case .tooManyOpenFilesInSystem: "too many open files in the system"
    case .ioError: "input/output error"
    case .staleNFSFileHandle: "stale file handle"
    default: "\(errno.reason) (errno \(errno.rawValue))"
    }
  }
}

/// A problem as a scanning thread notes it: with the bytes of its path, which also order the problems.
struct FoundProblem: Sendable {
  let root: Int
  let path: [UInt8]
  let reason: ScanProblem.Reason
}
