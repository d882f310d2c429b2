/// Counts the calls in what a gRPC client says: each begins with one frame of headers.
///
/// Source: RFC 9113, "HTTP/2", 3.4 (the client's preface, 24 bytes) and 4.1 (frames: length in three bytes, type, flags, stream).
struct CallCounter {
  private(set) var calls = 0
  /// Bytes that are of no interest: of the preface, or of a frame's payload.
  private var skipped = 24
  private var header: [UInt8] = []

  private static let headers: UInt8 = 1

  mutating func read(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty {
      if skipped > 0 {
        let count = min(skipped, rest.count)
        rest = rest.dropFirst(count)
        skipped -= count
        continue
      }
      let count = min(9 - header.count, rest.count)
      header += rest.prefix(count)
      rest = rest.dropFirst(count)
      guard header.count == 9 else { return }
      skipped = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
      if header[3] == Self.headers { calls += 1 }
      header = []
    }
  }
}
