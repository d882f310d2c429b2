/// How long a name must be quiet before it is looked at.
package struct SettleTimes: Hashable, Sendable {
  /// After a close by a writer or a rename, which say that the file is complete.
  package var afterWrite: Duration
  /// After a name appeared or went, which says nothing: a writer may be about to begin.
  package var afterCreate: Duration
  /// After the first of several events it is looked at, quiet or not.
  package var longest: Duration
  /// How long a module that does not parse stays silent.
  package var beforeDiagnostic: Duration

  /// - Parameter debounce: what `--debounce` says; the other times are stretched where they have to be.
  package init(debounce: Duration = .milliseconds(20)) {
    afterWrite = debounce
    afterCreate = max(.milliseconds(100), debounce)
    longest = max(.milliseconds(500), debounce * 5)
    beforeDiagnostic = .seconds(1)
  }

  func delay(after kind: FileEvent.Kind) -> Duration {
    switch kind {
    case .written, .movedIn: afterWrite
    case .created, .listed, .removed: afterCreate
    }
  }
}
