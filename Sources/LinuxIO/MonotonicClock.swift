internal import Glibc

/// A point on the clock that never jumps, in nanoseconds (CLOCK_MONOTONIC).
package struct MonotonicInstant: Comparable, Hashable, Sendable {
  package let nanoseconds: UInt64

  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  package static func now() -> MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  /// Nanoseconds from `earlier` to this; 0 if `earlier` is later.
  package func nanoseconds(since earlier: MonotonicInstant) -> UInt64 {
    nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
  }

  package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

  package func adding(seconds: Double) -> MonotonicInstant {
    let ns = seconds * 1e9
    // Beyond what fits, a deadline is as good as none.
    return MonotonicInstant(nanoseconds: ns < 1e18 ? nanoseconds + UInt64(max(0, ns)) : .max)
  }
}
