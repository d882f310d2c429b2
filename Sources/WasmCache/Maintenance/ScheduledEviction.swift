internal import Glibc
internal import LinuxIO
internal import SystemPackage

extension CacheDirectory {
  /// Nanoseconds between two times that a run makes room by itself.
  private static let interval: Int64 = 3_600_000_000_000

  /// Makes room, unless a process did so within the last hour or is doing it. A smaller limit than the last one counts at once.
  ///
  /// - Parameters:
  ///   - size: bytes of artifacts that may stay.
  ///   - isChosen: whether somebody chose that limit. One that nobody chose is so large that a cache does not have to be looked
  ///     at as soon as it is made.
  ///   - now: nanoseconds since 1970.
  ///   - report: called for each thing that goes, with the engines that the entries speak of.
  /// - Returns: nil if it was not due.
  package func evictIfDue(
    size: Int64, isChosen: Bool = true, now: Int64, report: (EvictionPlan.Victim, CacheInventory) -> Void = { _, _ in }
  ) throws(CacheError) -> EvictionResult? {
    do throws(SystemError) {
      let last = try? version.status(of: CacheLayout.eviction).stamp.modified
      // A time in the future says that a clock was set back.
      let isRecent = last.map { $0 <= now && $0 > now - Self.interval } ?? false
      if isRecent && !isChosen { return nil }
      let mark = try version.openRegularFile(CacheLayout.eviction, O_RDWR | O_CREAT, mode: 0o600)
      if isRecent, size >= Self.limit(in: mark) { return nil }
      guard try mark.tryLock() else { return nil }
      defer { mark.unlock() }
      try mark.setSize(0)
      try mark.write(all: "\(size)\n")
      try version.touch(CacheLayout.eviction)
      if last == nil && !isChosen { return nil }
    } catch {
      if error.saysThatThereAreNoLocks { throw Self.cannotEvictWithoutLocks(base, error) }
      throw CacheError(base.appending(CacheLayout.eviction), "open", error)
    }
    var limits = EvictionLimits()
    limits.size = size
    return try evict(limits, dryRun: false, now: now, report: report)
  }

  /// The limit that was last kept to. A mark of an earlier version, which is empty, had any.
  private static func limit(in mark: borrowing Descriptor) -> Int64 {
    let text = (try? mark.bytes(count: 32)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return Int64(text.prefix { $0.isNumber }) ?? 0
  }
}
