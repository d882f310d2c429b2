internal import CLinux
internal import Glibc

/// The single owner of a file descriptor; closes it when it goes.
///
/// Every descriptor is opened close-on-exec, so that no child inherits what it was not given.
package struct Descriptor: ~Copyable, Sendable {
  package let raw: Int32

  package init(owning raw: Int32) { self.raw = raw }

  /// How many descriptors this process may have open at a time.
  package static var limit: Int { max(0, sysconf(Int32(_SC_OPEN_MAX))) }

  /// Makes room for many descriptors. This is to be done before there are threads.
  ///
  /// Where threads share the table, the kernel enlarges it only after all processors have passed a quiet moment. Opening the
  /// 65th file, the 129th, the 257th then takes some ten milliseconds each time, measured.
  package static func reserve(_ count: Int = 1024) {
    guard let any = try? open("/", O_RDONLY | O_DIRECTORY) else { return }
    close(fcntl(any.raw, F_DUPFD_CLOEXEC, Int32(clamping: min(count, limit) - 1)))
  }

  deinit { Glibc.close(raw) }

  /// Gives the descriptor up without closing it.
  package consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  /// Another descriptor of the same open file.
  package func duplicate() throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("fcntl", fcntl(raw, F_DUPFD_CLOEXEC, 0)))
  }

  /// Fails as closing would. Some file systems tell only then that bytes were lost, whichever copy is closed.
  package func flush() throws(SystemError) {
    let copy = try check("fcntl", fcntl(raw, F_DUPFD_CLOEXEC, 0))
    // Not again when a signal interrupts it: the copy is gone, and by now its number may be somebody else's.
    if Glibc.close(copy) < 0 && errno != EINTR { throw SystemError("close") }
  }

  // MARK: Opening

  /// Opens a path relative to this directory.
  package func open(_ path: some PathText, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
    try Self.open(at: raw, path, flags, mode: mode)
  }

  /// Opens a path relative to the working directory.
  package static func open(_ path: some PathText, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
    try open(at: AT_FDCWD, path, flags, mode: mode)
  }

  private static func open(
    at directory: Int32, _ path: some PathText, _ flags: Int32, mode: UInt32
  ) throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("open", path.withCText { clinux_openat(directory, $0, flags, mode) }))
  }

  /// Opens a directory for listing. The kernel refuses a FIFO or a device before it opens it.
  package static func openDirectory(_ path: some PathText, followingLinks: Bool = true) throws(SystemError)
    -> Descriptor
  {
    try open(path, O_RDONLY | O_DIRECTORY | (followingLinks ? 0 : O_NOFOLLOW))
  }

  /// Opens a name in this directory for going on from it and for its status only; a symbolic link is not followed.
  package func openPathOnly(_ name: some PathText) throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("open", name.withCText { clinux_open_path_only(raw, $0) }))
  }

  package static func openRootPathOnly() throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("open", clinux_open_path_only(AT_FDCWD, "/")))
  }
}
