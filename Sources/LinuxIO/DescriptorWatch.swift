internal import Glibc
internal import Synchronization

/// A thread that waits for something to happen to a descriptor (poll(2)), where Dispatch cannot: it knows neither a pipe that
/// lost its reader nor urgent data.
package final class DescriptorWatch: Sendable {
  private let stop: Pipe
  private let thread: pthread_t
  private let isOver = Atomic(false)

  /// - Parameters:
  ///   - descriptor: must stay open as long as this lives.
  ///   - events: the events to wait for, besides errors and hang-ups.
  ///   - happened: called on the thread; false ends the waiting.
  /// - Returns: nil if the system grants no thread or no descriptor.
  package init?(of descriptor: Int32, for events: Int16 = 0, happened: @escaping @Sendable () -> Bool) {
    guard let stop = try? Pipe() else { return nil }
    let stopping = stop.reading.raw
    let started = Threads.start {
      var wanted = [
        pollfd(fd: descriptor, events: events, revents: 0), pollfd(fd: stopping, events: Int16(POLLIN), revents: 0),
      ]
      while true {
        let count = poll(&wanted, nfds_t(wanted.count), -1)
        if count < 0 && errno != EINTR || wanted[1].revents != 0 { return }
        if count > 0, wanted[0].revents != 0, !happened() { return }
      }
    }
    guard let started else { return nil }
    self.stop = stop
    thread = started
  }

  deinit { end() }

  /// Tells nothing more. Not to be called from the thread itself.
  package func end() {
    guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let byte: [UInt8] = [0]
    _ = write(stop.writing.raw, byte, 1)
    pthread_join(thread, nil)
  }

  /// Waits for a pipe to lose its reader.
  ///
  /// - Parameter takesSocket: whether it may be a socket, too. (The system's journal reads one, and may be started again.)
  /// - Returns: nil if the descriptor is neither: a file has no reader.
  package static func forLossOfReader(
    of descriptor: Int32, takesSocket: Bool = false, happened: @escaping @Sendable () -> Void
  ) -> DescriptorWatch? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    let kind = FileKind(mode: status.st_mode)
    guard kind == .fifo || kind == .socket && takesSocket else { return nil }
    return DescriptorWatch(of: descriptor) {
      happened()
      return false
    }
  }
}
