internal import LinuxIO
internal import Synchronization

/// How much of the hashed modules is kept until they are compiled. A module without room is read again.
package struct RetainedModules: Sendable {
  /// Bytes.
  package var bytes = 64 << 20
  /// Modules, each an open file in memory.
  package var count = 256

  package static let none = RetainedModules(bytes: 0, count: 0)

  /// The budget that is left, for several threads to take from.
  struct Budget: ~Copyable, Sendable {
    private let bytes: Atomic<Int>
    private let count: Atomic<Int>

    init(_ limits: RetainedModules) {
      bytes = Atomic(limits.bytes)
      count = Atomic(limits.count)
    }

    /// - Returns: whether there was room for a module of so many bytes.
    func take(_ size: Int) -> Bool {
      guard count.subtract(1, ordering: .relaxed).newValue >= 0 else {
        count.add(1, ordering: .relaxed)
        return false
      }
      if bytes.subtract(size, ordering: .relaxed).newValue >= 0 { return true }
      giveBack(size)
      return false
    }

    /// Gives back what was taken for a module that is not kept after all.
    func giveBack(_ size: Int) {
      bytes.add(size, ordering: .relaxed)
      count.add(1, ordering: .relaxed)
    }
  }
}
