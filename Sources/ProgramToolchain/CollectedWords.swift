internal import Glibc
internal import LinuxIO

/// The first and the last bytes of what a program writes into a pipe, however much that is.
struct CollectedWords: ~Copyable {
  private let pipe: Pipe
  private var first: [UInt8] = []
  private var last: [UInt8] = []
  private var leftOut = 0
  private static let half = 24 << 10

  init() throws(SystemError) {
    let pipe = try Pipe()
    // Programs know nothing of pipes that do not block.
    try check("fcntl", fcntl(pipe.writing.raw, F_SETFL, 0))
    self.pipe = pipe
  }

  /// The end that programs write to. They wait where the pipe is full.
  var writing: Int32 { pipe.writing.raw }
  var reading: Int32 { pipe.reading.raw }

  /// Takes what is in the pipe, but not for ever: somebody may go on writing.
  mutating func drain() {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { block.deallocate() }
    for _ in 0..<16 {
      let count = read(pipe.reading.raw, block.baseAddress, block.count)
      if count <= 0 { return }
      take(block[..<count])
    }
  }

  private mutating func take(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
    let fits = min(bytes.count, Self.half - first.count)
    first += bytes.prefix(fits)
    last += bytes.dropFirst(fits)
    let excess = last.count - Self.half
    if excess > 0 {
      last.removeFirst(excess)
      leftOut += excess
    }
  }

  mutating func clear() {
    first = []
    last = []
    leftOut = 0
  }

  var text: String {
    let middle = leftOut > 0 ? "\n[\(leftOut) bytes are left out]\n" : ""
    let all = String(decoding: first, as: UTF8.self) + middle + String(decoding: last, as: UTF8.self)
    // Each would take six bytes in a report, and no message shows them.
    return String(
      String.UnicodeScalarView(
        all.unicodeScalars.map {
          $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" ? "\u{fffd}" : $0
        }))
  }
}
