internal import CLinux
internal import Glibc

/// The state of a file, of a name, and this process's rights.
extension Descriptor {
  package func status() throws(SystemError) -> FileStatus {
    var status = stat()
    try check("fstat", fstat(raw, &status))
    return FileStatus(status)
  }

  /// The file that a path leads to, which is not opened.
  ///
  /// - Parameter followingLinks: false for a symbolic link's own status.
  package static func status(of path: some PathText, followingLinks: Bool = true) throws(SystemError) -> FileStatus {
    try path.withCText { text in
      Result { () throws(SystemError) in try status(at: AT_FDCWD, text, followingLinks: followingLinks) }
    }.get()
  }

  /// The file that a path relative to this directory leads to; a symbolic link's own status unless it is followed.
  package func status(of path: some PathText, followingLinks: Bool = false) throws(SystemError) -> FileStatus {
    try path.withCText { text in
      Result { () throws(SystemError) in try Self.status(at: raw, text, followingLinks: followingLinks) }
    }.get()
  }

  /// The file that a listed name stands for.
  ///
  /// No generic code is on this way, because a scan takes it for every module.
  ///
  /// - Parameter name: ends with NUL.
  package func status(
    ofEntry name: UnsafePointer<CChar>, followingLinks: Bool = false
  ) throws(SystemError) -> FileStatus {
    try Self.status(at: raw, name, followingLinks: followingLinks)
  }

  private static func status(
    at directory: Int32, _ path: UnsafePointer<CChar>, followingLinks: Bool
  ) throws(SystemError) -> FileStatus {
    var status = stat()
    try check("stat", fstatat(directory, path, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW))
    return FileStatus(status)
  }

  /// Fails unless this process may do with this directory what `mode` says, a union of R_OK, W_OK and X_OK.
  package func checkAccess(_ mode: Int32) throws(SystemError) {
    // The effective rights will count, so they are asked for.
    try check("faccessat", faccessat(raw, ".", mode, AT_EACCESS))
  }

  /// Whether code in this file, or in files in this directory, can be mapped to be executed. It cannot where the file system
  /// is mounted `noexec`.
  package var allowsExecution: Bool {
    var status = statvfs()
    // ST_NOEXEC, which is no constant in Swift.
    return fstatvfs(raw, &status) != 0 || status.f_flag & 8 == 0
  }

  /// Whether the file's mode says everything about who may do what with it: false with an access control list.
  package var hasOnlyMode: Bool { clinux_has_only_mode(raw) }

  /// Fails if no file may be made in this directory.
  package func requireWritable() throws(SystemError) { try checkAccess(W_OK | X_OK) }
}
