/// The outcome for one module of a batch.
package enum WarmOutcome: Hashable, Sendable {
  /// It can be loaded, and could not before, or holds something else than before.
  case warmed
  /// It can be loaded, as before.
  case unchanged
  /// Somebody is writing to it, or it changed while it was read: it is tried again.
  case busy
  /// There is no such file any more, or it is no regular one.
  case gone
  /// It is no module, which a half-written one is not either: told when it has been quiet for a second.
  case rejected(String)
  /// It cannot be warmed, for a reason that waiting does not change: told at once.
  case failed(String)
  /// It cannot be warmed now, for a reason that lies outside of it, such as a full disk: told at once, and tried again.
  case postponed(String)
  /// It was not worked on, or not to its end: it comes again with the next batch.
  case deferred
}
