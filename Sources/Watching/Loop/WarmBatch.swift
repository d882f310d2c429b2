package import LinuxIO
internal import Synchronization
package import SystemPackage

/// Changes handed out together, and what has become known about them since.
///
/// The warmer asks now and then, so that it compiles nothing that is not wanted any more.
package final class WarmBatch: Sendable {
  private struct State {
    var stale: Set<FilePath> = []
    var isSomethingWaiting = false
    var loadable: [FilePath: String] = [:]
    var files: [FilePath: FileIdentity] = [:]
    var hasEvicted = false
    var progress: (done: Int, of: Int)?
  }

  package let changes: [Change]
  /// The contents of the modules when they were last made loadable under these paths, by names for contents.
  private let before: [FilePath: String]
  private let state = Mutex(State())

  package init(_ changes: [Change], before: [FilePath: String] = [:]) {
    self.changes = changes
    self.before = before
  }

  /// Whether a path stood for other contents when it was last loadable, or never was. Only then is there something to tell,
  /// wherever the artifact comes from.
  package func isNew(_ contents: String, at path: FilePath) -> Bool { before[path] != contents }

  /// Notes the contents of a module that can be loaded now, with one backend at least.
  ///
  /// - Parameter contents: a name for them, equal for equal contents.
  package func note(loadable contents: String, at path: FilePath) {
    state.withLock { $0.loadable[path] = contents }
  }

  /// Notes which file a path stands for.
  package func note(_ file: FileIdentity, at path: FilePath) { state.withLock { $0.files[path] = file } }

  /// Notes that room was made in the cache.
  package func noteEviction() { state.withLock { $0.hasEvicted = true } }

  var files: [FilePath: FileIdentity] { state.withLock { $0.files } }
  var hasEvicted: Bool { state.withLock { $0.hasEvicted } }

  /// Notes how many artifacts have to be made.
  package func begin(jobs: Int) { state.withLock { $0.progress = (0, jobs) } }

  /// Notes that one of them was made, or has failed.
  package func endJob() { state.withLock { $0.progress?.done += 1 } }

  /// How many artifacts are made, or have failed, of how many; nil before that is known.
  var progress: (done: Int, of: Int)? { state.withLock { $0.progress } }

  /// The contents that have been noted.
  var loadable: [FilePath: String] { state.withLock { $0.loadable } }

  /// Whether the path changed again: work on it that has not begun should be dropped, its outcome is ignored.
  package func isStale(_ path: FilePath) -> Bool {
    state.withLock { $0.stale.contains(path) }
  }

  /// Whether other changes have settled that wait for the end of this batch.
  ///
  /// Work that is not urgent may then be answered with `deferred`. It comes again together with them.
  package var isSomethingWaiting: Bool {
    state.withLock { $0.isSomethingWaiting }
  }

  func markStale(_ path: FilePath) {
    state.withLock { _ = $0.stale.insert(path) }
  }

  func markWaiting() {
    state.withLock { $0.isSomethingWaiting = true }
  }
}
