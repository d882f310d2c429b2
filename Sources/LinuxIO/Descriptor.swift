internal import CLinux
internal import Glibc
package import SystemPackage

/// The single owner of a file descriptor; closes it when it goes.
///
/// Every descriptor is opened close-on-exec, so that no child inherits what it was not given.
package struct Descriptor: ~Copyable, Sendable {
  package let raw: Int32

  package init(owning raw: Int32) { self.raw = raw }

  /// How many descriptors this process may have open at a time.
  package static var limit: Int { max(0, sysconf(Int32(_SC_OPEN_MAX))) }

  /// Makes room for many descriptors, which is to be done before there are threads. Where threads share the table, the kernel
  /// enlarges it only after all processors have passed a quiet moment, and whoever opens the 65th file, the 129th, the 257th
  /// waits some ten milliseconds each time, measured.
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

  /// Says what closing would: some file systems tell only then that bytes were lost, whichever copy is closed.
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

  /// Opens a name in this directory for going on from it and for its status only; a symbolic link is not followed.
  package func openPathOnly(_ name: some PathText) throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("open", name.withCText { clinux_open_on_the_way(raw, $0) }))
  }

  package static func openRootPathOnly() throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("open", clinux_open_on_the_way(AT_FDCWD, "/")))
  }

  // MARK: Contents

  package func write(all text: String) throws(SystemError) { try write(bytes: Array(text.utf8)) }

  package func write(bytes: [UInt8]) throws(SystemError) {
    let result = bytes.withUnsafeBytes { contents in
      Result { () throws(SystemError) in try write(all: contents) }
    }
    try result.get()
  }

  package func write(all bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let buffer = UnsafeRawBufferPointer(rebasing: rest)
      let written = try checkRetrying("write") { Glibc.write(raw, buffer.baseAddress, buffer.count) }
      rest = rest.dropFirst(written)
    }
  }

  /// Reads at an offset until the buffer is full or the file ends; returns the number of bytes read.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
    var done = 0
    while done < buffer.count {
      let start = buffer.baseAddress.map { $0 + done }
      let size = buffer.count - done
      let got = try checkRetrying("read") { pread(raw, start, size, off_t(offset + done)) }
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// The file's first bytes; fewer than `count` if it has no more.
  package func bytes(count: Int) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
      do throws(SystemError) {
        size = try read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Everything until the end, from where reading stands; also of a pipe.
  package func readToEnd() throws(SystemError) -> [UInt8] {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { block.deallocate() }
    var bytes: [UInt8] = []
    while true {
      let count = try checkRetrying("read") { Glibc.read(raw, block.baseAddress, block.count) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: block[..<count])
    }
  }

  /// Everything in the file.
  package func contents() throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachBlock { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Reads everything from the start, a block at a time, which suits files that could be cut short if they were mapped.
  package func forEachBlock(
    _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(SystemError) {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { block.deallocate() }
    var offset = 0
    while true {
      let count = try read(into: block, at: offset)
      if count > 0 { try body(UnsafeRawBufferPointer(rebasing: block[..<count])) }
      if count < block.count { return }
      offset += count
    }
  }

  /// Lets the disk begin with what was written; whether it is there is for ``synchronizeData()`` to say.
  package func startWritingOut() { _ = clinux_start_writing_out(raw) }

  package func synchronizeData() throws(SystemError) { try checkRetrying("fdatasync") { fdatasync(raw) } }

  /// Makes renames and new names in this directory durable, as far as the file system has a way to: SMB's and some in user
  /// space have none for directories, and say so (EINVAL, ENOTSUP).
  package func synchronizeDirectory() throws(SystemError) {
    do { try checkRetrying("fsync") { fsync(raw) } } catch let error
      where error.errno == .invalidArgument || error.errno == .notSupported
    {}
  }

  package func setSize(_ size: Int) throws(SystemError) {
    try checkRetrying("ftruncate") { ftruncate(raw, off_t(size)) }
  }

  /// Makes this file share another one's contents until either changes; fails where the file system cannot do that.
  package func clone(_ source: borrowing Descriptor) throws(SystemError) {
    try check("ioctl", clinux_clone_contents(raw, source.raw))
  }

  /// Sets the times of last change and access to now.
  package func touch() throws(SystemError) { try check("futimens", futimens(raw, nil)) }

  package func setMode(_ mode: UInt32) throws(SystemError) { try check("fchmod", fchmod(raw, mode)) }

  package func status() throws(SystemError) -> FileStatus {
    var status = stat()
    try check("fstat", fstat(raw, &status))
    return FileStatus(status)
  }

  /// Whether somebody can write to this file at the moment, through a descriptor or a mapping.
  ///
  /// Asked by a read lease, which is only given while nobody can. False as well where there are none to be had: some file
  /// systems have no leases, and others' files take a privilege.
  package var isOpenForWriting: Bool { clinux_probe_read_lease(raw) == EAGAIN }

  /// What the kernel says of the file at a path, following symbolic links, without opening it.
  package static func status(of path: some PathText) throws(SystemError) -> FileStatus {
    try status(at: AT_FDCWD, path, flags: 0)
  }

  private static func status(
    at directory: Int32, _ path: some PathText, flags: Int32
  ) throws(SystemError) -> FileStatus {
    var status = stat()
    try check("stat", path.withCText { fstatat(directory, $0, &status, flags) })
    return FileStatus(status)
  }

  /// Fails unless this process may do with this directory what `mode` says, a union of R_OK, W_OK and X_OK.
  package func checkAccess(_ mode: Int32) throws(SystemError) {
    // By the effective rights, which are those that will count.
    try check("faccessat", faccessat(raw, ".", mode, AT_EACCESS))
  }

  // MARK: Names in this directory

  package func status(of path: some PathText, followingLinks: Bool = false) throws(SystemError) -> FileStatus {
    try Self.status(at: raw, path, flags: followingLinks ? 0 : AT_SYMLINK_NOFOLLOW)
  }

  /// Throws if no file may be made in this directory.
  package func requireWritable() throws(SystemError) {
    try check("faccessat", faccessat(raw, ".", W_OK | X_OK, AT_EACCESS))
  }

  package func makeDirectory(_ path: some PathText, mode: UInt32 = 0o700) throws(SystemError) {
    try check("mkdir", path.withCText { mkdirat(raw, $0, mode) })
  }

  /// Makes the directory unless it is there, and opens it; a symbolic link in its place is refused.
  package func openOrMakeDirectory(_ path: some PathText, mode: UInt32 = 0o700) throws(SystemError) -> Descriptor {
    do {
      return try open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch let error where error.errno == .noSuchFileOrDirectory {
      do { try makeDirectory(path, mode: mode) } catch let error where error.errno == .fileExists {}
      return try open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
  }

  package func rename(
    _ path: some PathText, to target: borrowing Descriptor, as name: some PathText
  ) throws(SystemError) {
    let destination = target.raw
    try check("rename", path.withCText { from in name.withCText { renameat(raw, from, destination, $0) } })
  }

  package func remove(_ path: some PathText) throws(SystemError) {
    try check("unlink", path.withCText { unlinkat(raw, $0, 0) })
  }

  package func removeDirectory(_ path: some PathText) throws(SystemError) {
    try check("rmdir", path.withCText { unlinkat(raw, $0, AT_REMOVEDIR) })
  }

  /// Sets a name's time of modification to now, a symbolic link's own; its directory keeps its times.
  package func touch(_ path: some PathText) throws(SystemError) {
    try check("utimensat", path.withCText { utimensat(raw, $0, nil, AT_SYMLINK_NOFOLLOW) })
  }

  /// Gives an open file another name, in this directory.
  package func makeHardLink(_ path: some PathText, to file: borrowing Descriptor) throws(SystemError) {
    let source = "/proc/self/fd/\(file.raw)"
    try check("link", path.withCText { linkat(AT_FDCWD, source, raw, $0, AT_SYMLINK_FOLLOW) })
  }

  package func makeSymbolicLink(_ path: some PathText, to target: some PathText) throws(SystemError) {
    try check("symlink", target.withCText { text in path.withCText { symlinkat(text, raw, $0) } })
  }

  /// The bytes of a symbolic link's target; a target longer than `limit` bytes is cut there.
  package func symbolicLinkTarget(_ path: some PathText, limit: Int = 256) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let target = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let size = path.withCText { name in
        buffer.withMemoryRebound(to: CChar.self) { text in
          text.baseAddress.map { readlinkat(raw, name, $0, limit) } ?? 0
        }
      }
      if size < 0 { failure = SystemError("readlink") } else { count = size }
    }
    if let failure { throw failure }
    return target
  }

  /// The names in this directory, without `.` and `..`, in no order.
  package func names() throws(SystemError) -> [FilePath.Component] {
    // A description of its own, because reading moves the offset that copies of a descriptor share.
    let stream = try open(".", O_RDONLY | O_DIRECTORY)
    guard let directory = fdopendir(stream.raw) else { throw SystemError("opendir") }
    _ = stream.release()
    defer { closedir(directory) }
    var names: [FilePath.Component] = []
    while true {
      Glibc.errno = 0
      guard let entry = readdir(directory) else {
        if Glibc.errno != 0 { throw SystemError("readdir") }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { text in
        text.withMemoryRebound(to: CInterop.PlatformChar.self, capacity: Int(NAME_MAX) + 1) {
          FilePath(platformString: $0)
        }
      }
      if let component = name.lastComponent, component.kind == .regular { names.append(component) }
    }
  }

  // MARK: Locks

  /// Takes the whole file's lock, held until the last copy of this open file is closed (flock(2)).
  ///
  /// - Parameters:
  ///   - waiting: until it can be had.
  ///   - shared: with others that share it, too.
  /// - Returns: whether the lock was had; always true when waiting.
  package func lock(waiting: Bool, shared: Bool = false) throws(SystemError) -> Bool {
    let operation = shared ? LOCK_SH : LOCK_EX
    do {
      try checkRetrying("flock") { flock(raw, waiting ? operation : operation | LOCK_NB) }
      return true
    } catch let error where error.errno == .wouldBlock {
      return false
    }
  }

  /// Gives up what ``lock(waiting:shared:)`` took, also where a child that is just being started has a copy.
  package func unlock() { _ = flock(raw, LOCK_UN) }

  /// Takes the lock of one byte, held until ``unlockByte(_:)`` or the last copy of this open file is closed.
  ///
  /// - Returns: false if another open file has it.
  package func tryLockByte(_ offset: Int64) throws(SystemError) -> Bool {
    do {
      try checkRetrying("fcntl") { clinux_try_lock_byte(raw, offset) }
      return true
    } catch let error where error.errno == .wouldBlock || error.errno == .permissionDenied {
      return false
    }
  }

  package func unlockByte(_ offset: Int64) { _ = clinux_unlock_byte(raw, offset) }
}

/// Text that names a file: raw bytes, because names need not be UTF-8.
package protocol PathText {
  func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result
}

extension String: PathText {
  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withCString(body) }
}

extension FilePath: PathText {
  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withPlatformString(body) }
}

extension FilePath.Component: PathText {
  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withPlatformString(body) }
}
