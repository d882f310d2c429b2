internal import LinuxIO
internal import Synchronization

/// How much of the modules that were read to be hashed is kept until they are compiled; what has no room is read again.
package struct KeptModules: Sendable {
  /// Bytes.
  package var bytes: Int
  /// Each is an open file in memory.
  package var count: Int

  package static let none = KeptModules(bytes: 0, count: 0)

  /// As much as a run takes that leaves most of this process's descriptors to others.
  package static var standard: KeptModules {
    KeptModules(bytes: 64 << 20, count: min(256, Descriptor.limit / 4))
  }

  /// What is left of it, for several threads to take from.
  struct Room: ~Copyable, Sendable {
    private let bytes: Atomic<Int>
    private let count: Atomic<Int>

    init(_ room: KeptModules) {
      bytes = Atomic(room.bytes)
      count = Atomic(room.count)
    }

    /// - Returns: whether there was room for a module of so many bytes.
    func take(_ size: Int) -> Bool {
      guard count.subtract(1, ordering: .relaxed).newValue >= 0 else {
        count.add(1, ordering: .relaxed)
        return false
      }
      guard bytes.subtract(size, ordering: .relaxed).newValue >= 0 else {
        bytes.add(size, ordering: .relaxed)
        count.add(1, ordering: .relaxed)
        return false
      }
      return true
    }
  }
}
