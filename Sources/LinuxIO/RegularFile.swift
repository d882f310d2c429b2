internal import Glibc
internal import SystemPackage

extension Descriptor {
  /// Opens a regular file by its name in this directory. Anything else is refused, before it is opened: a FIFO would be waited
  /// for, and to open some devices does something.
  ///
  /// - Parameter flags: they may ask for making it.
  package func openRegularFile(_ name: some PathText, _ flags: Int32, mode: UInt32 = 0) throws(SystemError)
    -> Descriptor
  {
    func require(_ kind: FileKind) throws(SystemError) {
      switch kind {
      case .regular: return
      case .symbolicLink: throw SystemError("open", .tooManySymbolicLinkLevels)
      case .directory: throw SystemError("open", .isDirectory)
      default: throw SystemError("open", .invalidArgument)
      }
    }
    if let status = try? status(of: name) { try require(status.kind) }
    let file = try open(name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode: mode)
    // Another file may have taken the name since.
    try require(file.status().kind)
    return file
  }
}

/// A regular file that others may change, opened without waiting and read as it was at one moment.
package struct RegularFile: ~Copyable, Sendable {
  package let descriptor: Descriptor
  /// The state in which it was opened.
  package let status: FileStatus

  // O_NOCTTY, because the path may lead to a terminal by now.
  private static let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY

  /// Opens the file that a path leads to.
  package init(_ path: some PathText) throws(RegularFileError) {
    // open(2) would wait for a FIFO's writer, and opening some devices does something. So the path is looked at first.
    let kind = try systemCall { () throws(SystemError) in try Descriptor.status(of: path).kind }
    guard kind == .regular else { throw .notRegular(kind) }
    try self.init(opened: systemCall { () throws(SystemError) in try Descriptor.open(path, Self.flags) })
  }

  /// Opens a file by its name in a directory; a symbolic link is none.
  package init(_ name: some PathText, in directory: borrowing Descriptor) throws(RegularFileError) {
    let kind = try systemCall { () throws(SystemError) in try directory.status(of: name).kind }
    guard kind == .regular else { throw .notRegular(kind) }
    try self.init(
      opened: systemCall { () throws(SystemError) in try directory.open(name, Self.flags | O_NOFOLLOW) })
  }

  private init(opened descriptor: consuming Descriptor) throws(RegularFileError) {
    let status = try systemCall { () throws(SystemError) in try descriptor.statusMeetingFileSystem() }
    // Another file may have taken the name since it was looked at.
    guard status.kind == .regular else { throw .notRegular(status.kind) }
    self.descriptor = descriptor
    self.status = status
  }

  private static let attempts = 3
  private static let pauseInMicroseconds: useconds_t = 50_000

  /// Runs `body`, again if need be, until the file is the same before and after it: in a half-written file it may find
  /// anything.
  ///
  /// - Parameters:
  ///   - body: is given the state before it. Its error counts only if the file is unchanged.
  ///   - failure: turns a failure to look at the file, or `changed` after three attempts, into the caller's error.
  package func whileUnchanged<Value: ~Copyable, Failure: Error>(
    _ body: (FileStatus) throws(Failure) -> Value, failure: (RegularFileError) -> Failure
  ) throws(Failure) -> Value {
    var before = status
    for attempt in 1...Self.attempts {
      let result = Result { () throws(Failure) in try body(before) }
      let after: FileStatus
      do { after = try descriptor.status() } catch { throw failure(.system(error)) }
      if after.stamp == before.stamp { return try result.get() }
      guard attempt < Self.attempts else { break }
      usleep(Self.pauseInMicroseconds)
      do { before = try descriptor.status() } catch { throw failure(.system(error)) }
    }
    throw failure(.changed)
  }

  /// Everything in the file.
  ///
  /// - Parameter limit: bytes.
  package func contents(limit: Int) throws(RegularFileError) -> [UInt8] {
    try whileUnchanged { status throws(RegularFileError) in
      try bytes(status, limit: limit)
    } failure: {
      $0
    }
  }

  /// As many bytes as some state of the file has; for the body of ``whileUnchanged(_:failure:)``.
  package func bytes(_ status: FileStatus, limit: Int) throws(RegularFileError) -> [UInt8] {
    guard status.size <= limit else { throw .tooLarge(bytes: status.stamp.size, limit: limit) }
    let bytes = try systemCall { () throws(SystemError) in try descriptor.bytes(count: status.size) }
    guard bytes.count == status.size else { throw .changed }
    return bytes
  }
}

/// Why a file was not read.
package enum RegularFileError: Error, Hashable, Sendable {
  case system(SystemError)
  case notRegular(FileKind)
  case tooLarge(bytes: Int64, limit: Int)
  /// Somebody writes to it.
  case changed
}

extension RegularFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .notRegular(let kind): "it is \(kind)"
    case .tooLarge(let bytes, let limit): "it has \(bytes) bytes, more than \(limit)"
    case .changed: "it changed while it was being read"
    }
  }
}

private func systemCall<Value: ~Copyable>(
  _ body: () throws(SystemError) -> Value
) throws(RegularFileError) -> Value {
  do { return try body() } catch { throw .system(error) }
}
