internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// One of the program's two output streams, unbuffered: a line is out when the call returns.
struct Output: Sendable {
  static let standard = Output(descriptor: .standardOutput)
  static let error = Output(descriptor: .standardError)

  let descriptor: FileDescriptor

  /// Opens the null device for each standard descriptor that the starter closed. Otherwise the next file to be opened
  /// would get its number, and then our output.
  static func occupyStandardDescriptors() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      // The new descriptor gets the lowest free number, which is this one.
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Writes text. A lost reader is no reason to fail.
  func write(_ text: String) { write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) {
    do { try descriptor.writeAll(bytes) } catch {
      if (error as? Errno) != .brokenPipe, descriptor == .standardOutput { Self.isLost.store(true, ordering: .relaxed) }
    }
  }

  /// Whether results could not be written, for another reason than a lost reader.
  static let isLost = Atomic(false)

  /// How many columns the terminal has; nil if this is none.
  var columns: Int? {
    guard isatty(descriptor.rawValue) == 1 else { return nil }
    let columns = Int(clinux_terminal_columns(descriptor.rawValue))
    return columns > 0 ? columns : 80
  }

  /// Whether a person watches, on a terminal that can rewrite a line.
  var isRewritableTerminal: Bool {
    isatty(descriptor.rawValue) == 1 && Environment.value("TERM").map { $0 != "dumb" } ?? false
  }
}
