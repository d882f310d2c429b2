internal import Synchronization

/// The bytes that this process has sent and received, whatever they meant. It tells the tool that something is going on.
enum Traffic {
  private static let count = Atomic(0)

  static var bytes: Int { count.load(ordering: .relaxed) }

  static func add(_ bytes: Int) { count.add(bytes, ordering: .relaxed) }
}
