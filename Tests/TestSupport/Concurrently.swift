internal import Dispatch

/// Work on threads of its own, outside of Swift's cooperative pool, since it may block.
package enum Concurrently {
  /// Runs a body on each of some threads at the same time, and returns when all have ended.
  package static func run(_ threads: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
    let group = DispatchGroup()
    for thread in 0..<threads {
      DispatchQueue(label: "concurrently \(thread)").async(group: group) { body(thread) }
    }
    group.wait()
  }
}
