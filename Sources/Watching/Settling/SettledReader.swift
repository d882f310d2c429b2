internal import CLinux
internal import Glibc
package import LinuxIO
package import SystemPackage

/// Reads a file only when nobody is writing to it.
///
/// Two things are asked. A read lease can be had only while no descriptor is open for writing, and no writable
/// mapping is left: that catches a writer that pauses. And the file must look the same after reading as before:
/// that catches one that came in between, and holds where leases do not exist. What was read is what counts; the
/// path is not opened again.
package enum SettledReader {
  package enum Reading<Content> {
    /// The content as it was while the file had this stamp, before and after.
    case ready(Content, FileStamp)
    /// Somebody is writing; see `RetrySchedule`.
    case busy
    case gone
    /// A directory, a pipe or a device, whatever its name says.
    case notRegular
  }

  package enum Failure<ReadError: Error>: Error {
    /// The file can be neither opened nor looked at.
    case system(Errno)
    case reading(ReadError)
  }

  /// Opens `path` and reads it with `content`, which may read, map or hash the descriptor it is given.
  package static func read<Content, ReadError>(
    _ path: FilePath, content: (FileDescriptor, FileStamp) throws(ReadError) -> Content
  ) throws(Failure<ReadError>) -> Reading<Content> {
    let file: FileDescriptor
    do throws(Errno) {
      file = try open(path)
    } catch {
      switch error {
      case .noSuchFileOrDirectory, .notDirectory: return .gone
      // Opening a socket, or a pipe's or device's name without anybody behind it.
      case .noSuchAddressOrDevice, .operationNotSupportedByDevice: return .notRegular
      // A writer holds a lease of its own.
      case .wouldBlock: return .busy
      default: throw .system(error)
      }
    }
    defer { try? file.close() }
    let before = try stamp(file, ReadError.self)
    guard before.kind == .regular else { return .notRegular }
    guard clinux_probe_read_lease(file.rawValue) != EAGAIN else { return .busy }
    let read: Content
    do throws(ReadError) {
      read = try content(file, before)
    } catch {
      // A file that shrinks while it is read gives errors of its own.
      if try stamp(file, ReadError.self) != before { return .busy }
      throw .reading(error)
    }
    return try stamp(file, ReadError.self) == before ? .ready(read, before) : .busy
  }

  private static func open(_ path: FilePath) throws(Errno) -> FileDescriptor {
    // Without O_NONBLOCK a pipe would wait for its writer.
    let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: descriptor)
  }

  private static func stamp<ReadError>(
    _ file: FileDescriptor, _: ReadError.Type
  ) throws(Failure<ReadError>) -> FileStamp {
    do throws(Errno) {
      return try FileStamp(of: file)
    } catch {
      throw .system(error)
    }
  }
}

extension SettledReader.Reading: Sendable where Content: Sendable {}
