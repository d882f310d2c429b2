internal import CLinux
internal import Glibc
internal import SystemPackage

/// Reading and writing.
extension Descriptor {
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

  /// Bytes that were written, without the holes between them (lseek(2), SEEK_DATA). Where the file system knows of no holes, it
  /// is everything.
  ///
  /// - Parameter size: the file's.
  package func dataSize(of size: Int) throws(SystemError) -> Int {
    var sum = 0
    var offset = 0
    while offset < size {
      let start = lseek(raw, off_t(offset), Self.toData)
      // No data follow.
      if start < 0 && errno == ENXIO { break }
      // Some file systems do not know the question.
      if start < 0 && errno == EINVAL && offset == 0 { return size }
      guard start >= 0 else { throw SystemError("lseek") }
      let end = lseek(raw, start, Self.toHole)
      guard end > start else { throw SystemError("lseek") }
      sum += Int(end - start)
      offset = Int(end)
    }
    return sum
  }

  // SEEK_DATA and SEEK_HOLE, which <unistd.h> has for GNU's programs only.
  private static let toData: Int32 = 3
  private static let toHole: Int32 = 4

  /// Lets the disk begin to write. Only ``synchronizeData()`` says whether the bytes are there.
  package func startWritingOut() { _ = clinux_start_writing_out(raw) }

  package func synchronizeData() throws(SystemError) { try checkRetrying("fdatasync") { fdatasync(raw) } }

  /// Makes renames and new names in this directory durable, as far as the file system has a way to. SMB and some file
  /// systems in user space have none for directories, and say so (EINVAL, ENOTSUP).
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

  /// Whether somebody can write to this file at the moment, through a descriptor or a mapping.
  ///
  /// The kernel gives a read lease only while nobody can. The answer is false where it gives none for another reason: some
  /// file systems have no leases, and a lease on another user's file takes a privilege.
  package var isOpenForWriting: Bool { clinux_probe_read_lease(raw) == EAGAIN }

  /// Whether it is certain that no process has the file open for writing.
  var hasNoWriter: Bool { clinux_probe_read_lease(raw) == 0 }
}
