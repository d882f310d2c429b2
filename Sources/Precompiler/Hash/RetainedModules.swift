internal import LinuxIO
internal import Synchronization

/// How much of the hashed modules is kept until they are compiled. A module without room is read again.
package struct RetainedModules: Sendable {
  /// Bytes.
  package var bytes = 64 << 20
  /// Modules that are open files in memory: all but the small ones.
  package var count = 256

  /// The bytes that a module takes from the budget: a small one has more around it than in it.
  static func cost(ofSize size: Int) -> Int { isSmall(size) ? size + 256 : size }

  fileprivate static func isSmall(_ size: Int) -> Bool { size <= ModuleContents.largestSmall }

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
      let files = RetainedModules.isSmall(size) ? 0 : 1
      guard count.subtract(files, ordering: .relaxed).newValue >= 0 || files == 0 else {
        count.add(files, ordering: .relaxed)
        return false
      }
      if bytes.subtract(RetainedModules.cost(ofSize: size), ordering: .relaxed).newValue >= 0 { return true }
      giveBack(size)
      return false
    }

    /// Gives back what was taken for a module that is not kept after all.
    func giveBack(_ size: Int) {
      bytes.add(RetainedModules.cost(ofSize: size), ordering: .relaxed)
      count.add(RetainedModules.isSmall(size) ? 0 : 1, ordering: .relaxed)
    }
  }
}
