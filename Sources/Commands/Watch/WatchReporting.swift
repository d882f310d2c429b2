internal import Precompiler
internal import SystemPackage
internal import WasmEngine
internal import Watching

/// Shows what a watcher does, to people or to programs.
protocol WatchReporting: Sendable {
  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int)
  func noted(_ text: String)
  func unconfined(missing: [String])
  /// The cache has a module that some paths did not stand for before.
  func found(_ content: ModuleContent, engine: Int, at paths: [FilePath])
  func finished(_ outcome: JobOutcome)
  func report(_ report: WatchReport)
  /// The watcher was told to stop, and has.
  func ended()
}

/// A module of a batch, from what happened to its files until it was ready.
struct Wait {
  let cause: FileEvent.Kind
  let nanoseconds: UInt64

  /// The longest of those that the files had; nil for what was found there.
  init?(of paths: [FilePath], in changes: [FilePath: Change]) {
    let change = paths.compactMap { changes[$0] }.min { $0.time < $1.time }
    guard let change, change.cause != .listed else { return nil }
    cause = change.cause
    nanoseconds = UInt64(max(0, (SuspendingClock().now - change.time) / .nanoseconds(1)))
  }
}
