internal import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
  /// Skips a test where something is missing that not every machine has, and says what; but in continuous integration
  /// (`CI=true` in the environment), where nothing may go untested, that is a failure.
  package static func needs(_ isThere: @autoclosure @escaping @Sendable () -> Bool, _ what: String) -> Self {
    .enabled("needs \(what)") {
      let isContinuousIntegration = getenv("CI").map { String(cString: $0) } == "true"
      if !isThere() && isContinuousIntegration { throw Missing(what: what) }
      return isThere()
    }
  }
}

private struct Missing: Error, CustomStringConvertible {
  let what: String
  var description: String { "nothing is skipped in CI, and this test needs \(what)" }
}
