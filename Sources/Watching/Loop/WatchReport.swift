/// A message of a `WatchLoop` to the reporter.
package enum WatchReport: Sendable {
  /// Everything that was there at the start is warm, or was told why not.
  case ready(modules: Int)
  case batchStarted(WarmBatch)
  case batchFinished(WarmBatch, [Change: WarmOutcome])
  /// A known module is gone. Its artifacts stay in the cache.
  case removed(Change)
  /// A module that cannot be warmed, told once until it changes again.
  case diagnostic(ChangeBatcher.Diagnostic)
  /// Several modules that cannot be warmed for the same reason, which lies outside of them; they are tried again.
  case trouble(String, [Change])
  case command(ExecRunner.Status)
  case notice(WatchNotice)
}
