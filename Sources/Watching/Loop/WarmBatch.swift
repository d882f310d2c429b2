internal import Synchronization
package import SystemPackage

/// Changes handed out together, and what has become known about them since.
///
/// Whoever works on it asks now and then, so that nothing is compiled that nobody wants any more.
package final class WarmBatch: Sendable {
  private struct News {
    var stale: Set<FilePath> = []
    var isSomethingWaiting = false
  }

  package let changes: [Change]
  private let news = Mutex(News())

  package init(_ changes: [Change]) {
    self.changes = changes
  }

  /// Whether the path changed again: work on it that has not begun should be dropped, its outcome is ignored.
  package func isStale(_ path: FilePath) -> Bool {
    news.withLock { $0.stale.contains(path) }
  }

  /// Whether other changes have settled that wait for the end of this batch.
  ///
  /// What is not urgent may then be answered with `deferred`: it comes again together with them.
  package var isSomethingWaiting: Bool {
    news.withLock { $0.isSomethingWaiting }
  }

  func markStale(_ path: FilePath) {
    news.withLock { _ = $0.stale.insert(path) }
  }

  func markWaiting() {
    news.withLock { $0.isSomethingWaiting = true }
  }
}
