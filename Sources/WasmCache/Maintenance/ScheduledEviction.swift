internal import Glibc
internal import LinuxIO
internal import SystemPackage

extension CacheDirectory {
  /// Nanoseconds between two times that a run makes room by itself.
  private static let interval: Int64 = 3_600_000_000_000

  /// Makes room, unless a process did so within the last hour or is doing it.
  ///
  /// - Parameters:
  ///   - size: bytes of artifacts that may stay.
  ///   - now: nanoseconds since 1970.
  ///   - report: called for each thing that goes, with the engines that the entries speak of.
  /// - Returns: nil if it was not due.
  package func evictIfDue(
    size: Int64, now: Int64, report: (EvictionPlan.Victim, CacheInventory) -> Void = { _, _ in }
  ) throws(CacheError) -> EvictionResult? {
    do throws(SystemError) {
      let last = try? version.status(of: CacheLayout.eviction).stamp.modified
      // A time in the future says that a clock was set back.
      if let last, last <= now, last > now - Self.interval { return nil }
      let mark = try version.open(CacheLayout.eviction, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      guard try mark.lock(waiting: false) else { return nil }
      defer { mark.unlock() }
      try version.touch(CacheLayout.eviction)
    } catch {
      throw CacheError(base.appending(CacheLayout.eviction), "open", error)
    }
    var limits = EvictionLimits()
    limits.size = size
    return try evict(limits, dryRun: false, now: now, report: report)
  }
}
