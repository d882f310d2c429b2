internal import Glibc

/// Sleeps until a name appears in a directory, so that whoever makes it has the processors to itself.
final class NameWatch {
  private let descriptor: Int32

  init(_ directory: String) throws {
    descriptor = inotify_init1(Int32(IN_CLOEXEC))
    guard descriptor >= 0, inotify_add_watch(descriptor, directory, UInt32(IN_MOVED_TO | IN_CREATE)) >= 0 else {
      throw Failure(systemCall: "inotify \(directory)")
    }
  }

  deinit { close(descriptor) }

  /// - Parameter patience: in milliseconds.
  func wait(for name: String, patience: Int32 = 60_000) throws {
    let wanted = Array(name.utf8) + [0]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, patience) == 1 else { throw Failure("\(name) did not appear") }
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { throw Failure(systemCall: "read") }
      // Names are long and random, so it is enough that the bytes are there.
      if buffer[..<count].indices.contains(where: { buffer[$0..<count].starts(with: wanted) }) { return }
    }
  }
}
