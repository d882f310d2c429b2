/// The purpose of a run.
package enum RunPurpose: Sendable {
  /// To have every artifact in the cache.
  case compile
  /// To say what would be compiled.
  case dryRun
  /// To say what would be compiled, which is a failure.
  case check
  /// To use what the cache has; that something is missing is a failure.
  case frozen

  /// Whether nothing may be compiled or written.
  package var onlyLooks: Bool { self != .compile }

  /// Whether other machines are asked for what is missing.
  var fetches: Bool { self == .compile || self == .frozen }
}
