/// What a `WatchLoop` has to say to whoever shows it.
package enum WatchReport: Sendable {
  /// Everything that was there at the start is warm, or was told why not.
  case ready(modules: Int)
  case batchStarted(WarmBatch)
  case batchFinished(WarmBatch, [Change: WarmOutcome])
  /// A module that was known is gone; what was made of it stays in the cache.
  case removed(Change)
  /// A module that cannot be warmed, told once until it changes again.
  case diagnostic(ChangeBatcher.Diagnostic)
  case commandFinished(ExecRunner.Status)
  case notice(WatchNotice)
}
