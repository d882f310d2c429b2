internal import Glibc
package import Testing

/// What `make test-tsan` and `make test-asan` build everything with.
package enum Sanitizer {
  /// Whether the tests were built with one, and so the tool.
  package static let isPresent = dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

  /// How many times as long something may take.
  package static let slowdown = isPresent ? 10 : 1
}

extension Trait where Self == ConditionTrait {
  /// Skips a test of the tool's threads, memory or system calls under a sanitizer, which adds its own in every process.
  package static func unsanitized(_ subject: String) -> Self {
    .disabled(if: Sanitizer.isPresent, "a sanitizer has \(subject) of its own")
  }
}
