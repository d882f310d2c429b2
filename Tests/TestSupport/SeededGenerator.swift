/// Random numbers that are the same in every run (SplitMix64), so that a failure can be had again.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  package mutating func bytes(count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }

  /// The bytes with one thing done to them: bytes replaced, cut off, removed, repeated or added.
  package mutating func mutating(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    switch Int.random(in: 0..<6, using: &self) {
    case 0:
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &self))
    case 1:
      bytes += self.bytes(count: Int.random(in: 1...16, using: &self))
    case 2 where !bytes.isEmpty:
      let start = Int.random(in: 0..<bytes.count, using: &self)
      bytes.removeSubrange(start..<Int.random(in: start...bytes.count, using: &self))
    case 3 where !bytes.isEmpty:
      let start = Int.random(in: 0..<bytes.count, using: &self)
      let piece = bytes[start..<min(bytes.count, start + 16)]
      bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &self))
    default:
      guard !bytes.isEmpty else { return bytes }
      // Extremes break bounds more often than other values do.
      let extremes: [UInt8] = [0x00, 0x01, 0x7f, 0x80, 0xff]
      for _ in 0..<Int.random(in: 1...8, using: &self) {
        let value = Bool.random(using: &self) ? extremes.randomElement(using: &self) : nil
        bytes[Int.random(in: 0..<bytes.count, using: &self)] = value ?? UInt8.random(in: .min ... .max, using: &self)
      }
    }
    return bytes
  }
}
