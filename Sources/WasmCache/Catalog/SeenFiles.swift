/// The files of a ``StatIndex`` that a scan has met: one bit a file.
///
/// Each scanning thread fills its own, and they are united at the end.
package struct SeenFiles: Sendable {
  private var words: [UInt64]
  private let count: Int

  package init(of index: StatIndex) {
    count = index.count
    words = Array(repeating: 0, count: (index.count + 63) / 64)
  }

  /// - Parameter number: as ``StatIndex/Answer/known(_:number:)`` gave it.
  package mutating func insert(_ number: Int) {
    guard 0 <= number && number < count else { return }
    words[number / 64] |= 1 << UInt64(number % 64)
  }

  /// Both must be of the same index.
  package mutating func formUnion(_ other: SeenFiles) {
    for place in words.indices where place < other.words.count { words[place] |= other.words[place] }
  }

  package func contains(_ number: Int) -> Bool {
    0 <= number && number < count && words[number / 64] & 1 << UInt64(number % 64) != 0
  }

  package var isComplete: Bool { words.reduce(0) { $0 + $1.nonzeroBitCount } == count }
}
