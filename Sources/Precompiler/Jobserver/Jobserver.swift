internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage

/// A share in the job slots of a make above us.
///
/// A program has one slot without asking, its own. For each further job it reads one byte, a token, from a pipe that
/// everything below one make shares, and afterwards writes the same byte back. A token that is not written back is lost
/// to all others, so they are counted here, and ``returnEverything()`` gives them back wherever the program stops.
///
/// Source: GNU make manual, "POSIX Jobserver Interaction".
package final class Jobserver: Sendable {
  /// A description of our own, so that it can be set not to block: the inherited one is make's and everybody's.
  private let tokens: Descriptor
  private let returned: Descriptor
  /// A pipe that holds one byte while our own slot is free, so that one `poll` waits for either.
  private let ownSlot: Pipe
  /// A pipe that becomes readable once nothing is left to wait for. Nobody reads it.
  private let end: Pipe
  private let state = Mutex(State())

  private struct State {
    /// The tokens that jobs have at the moment.
    var taken: [UInt8] = []
    var isOver = false
  }

  package init(_ address: JobserverAddress) throws(JobserverUnavailable) {
    switch address {
    case .pipe(let reading, let writing):
      // Make may have closed them for this program. Then the numbers are free, or something else has them.
      guard Self.isPipe(from: writing, to: reading) else { throw .withheld }
      do {
        tokens = try Descriptor.open("/proc/self/fd/\(reading)", O_RDONLY | O_NONBLOCK)
        returned = try Descriptor.open("/proc/self/fd/\(writing)", O_WRONLY)
      } catch { throw .unusable("cannot open its pipe: \(error)") }
    case .fifo(let path):
      do {
        // The FIFO is open for writing, too, so that it neither blocks nor ends.
        tokens = try Descriptor.open(path, O_RDWR | O_NONBLOCK)
        returned = try Descriptor.open(path, O_RDWR)
      } catch { throw .unusable("cannot open \(path): \(error)") }
      guard (try? tokens.status())?.kind == .fifo else { throw .unusable("\(path) is not a FIFO") }
    case .withheld: throw .withheld
    case .unknown: throw .unusable("it is of an unknown kind")
    }
    do {
      ownSlot = try Pipe()
      end = try Pipe()
    } catch { throw .unusable("cannot make a pipe: \(error)") }
    Self.put(0, into: ownSlot.writing.raw)
  }

  deinit { returnEverything() }

  /// Runs a job as soon as there is a slot for it.
  ///
  /// - Returns: the job's result; nil if it was not run, because waiting was ended.
  func withSlot<Result>(_ job: () -> Result) -> Result? {
    guard let slot = takeSlot() else { return nil }
    defer { giveBack(slot) }
    return job()
  }

  /// Ends all waiting, because no job is left to begin.
  func stopWaiting() { Self.put(0, into: end.writing.raw) }

  /// Gives back all tokens and takes no more, for a program that stops in the middle of its jobs. Waiting ends, too.
  package func returnEverything() {
    stopWaiting()
    state.withLock { state in
      state.isOver = true
      for token in state.taken { Self.put(token, into: returned.raw) }
      state.taken = []
    }
  }

  private enum Slot {
    case own
    case token(UInt8)
  }

  private func takeSlot() -> Slot? {
    while true {
      var waiting = [ownSlot.reading.raw, tokens.raw, end.reading.raw].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&waiting, nfds_t(waiting.count), -1) >= 0 else {
        if errno == EINTR { continue }
        return nil
      }
      if waiting[2].revents != 0 { return nil }
      // Another thread or process may have been faster with either.
      if waiting[0].revents != 0, Self.take(from: ownSlot.reading.raw) != nil { return .own }
      if waiting[1].revents != 0, let token = takeToken() { return .token(token) }
    }
  }

  private func takeToken() -> UInt8? {
    // The lock is held, so that at no moment a token is ours and not counted.
    state.withLock { state in
      guard !state.isOver, let token = Self.take(from: tokens.raw) else { return nil }
      state.taken.append(token)
      return token
    }
  }

  /// Takes tokens that nobody needs at the moment, without waiting for any.
  func takeFreeTokens(atMost count: Int) -> [UInt8] {
    var tokens: [UInt8] = []
    while tokens.count < count, let token = takeToken() { tokens.append(token) }
    return tokens
  }

  /// Gives such tokens back.
  func giveBack(_ tokens: [UInt8]) { for token in tokens { giveBack(.token(token)) } }

  private func giveBack(_ slot: Slot) {
    switch slot {
    case .own: Self.put(0, into: ownSlot.writing.raw)
    case .token(let token):
      state.withLock { state in
        guard let position = state.taken.firstIndex(of: token) else { return }
        state.taken.remove(at: position)
        Self.put(token, into: returned.raw)
      }
    }
  }

  /// Whether two descriptors are the two ends of one pipe. Two descriptors of something else are seldom that.
  private static func isPipe(from writing: Int32, to reading: Int32) -> Bool {
    var (source, target) = (stat(), stat())
    return fstat(writing, &source) == 0 && fstat(reading, &target) == 0 && target.st_mode & S_IFMT == S_IFIFO
      && source.st_dev == target.st_dev && source.st_ino == target.st_ino
      && fcntl(writing, F_GETFL) & O_ACCMODE == O_WRONLY && fcntl(reading, F_GETFL) & O_ACCMODE == O_RDONLY
  }

  private static func take(from descriptor: Int32) -> UInt8? {
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) == 1 ? byte : nil
  }

  private static func put(_ byte: UInt8, into descriptor: Int32) {
    var byte = byte
    while write(descriptor, &byte, 1) < 0 && errno == EINTR {}
  }
}

/// Why there is no share to be had in a make's job slots.
package enum JobserverUnavailable: Error, Hashable, Sendable {
  /// Make gives a share only to commands that it takes for another make.
  case withheld
  case unusable(String)
}
