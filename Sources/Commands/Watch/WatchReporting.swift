internal import Precompiler
internal import SystemPackage
internal import Watching

/// Shows a watcher's work, to people or to programs.
///
/// It receives the events of the batches' runs, too. A file's failure comes as a ``WatchReport``, once it is known
/// whether it will stay.
protocol WatchReporting: RunObserver {
  /// Where it writes.
  var output: Output { get }
  /// A cache has a module that some paths did not stand for before.
  func found(_ content: ModuleContent, _ target: CompileTarget, at paths: [FilePath])
  func report(_ report: WatchReport)
  /// The watcher was told to stop, and has.
  func ended()
}

/// A module of a batch, from what happened to its files until it was ready.
struct Wait {
  let cause: FileEvent.Kind
  let nanoseconds: UInt64

  /// The longest wait of the files; nil for files that were found there.
  init?(of paths: [FilePath], in changes: [FilePath: Change]) {
    let change = paths.compactMap { changes[$0] }.min { $0.time < $1.time }
    guard let change, change.cause != .listed else { return nil }
    cause = change.cause
    nanoseconds = UInt64(max(0, (SuspendingClock().now - change.time) / .nanoseconds(1)))
  }
}
