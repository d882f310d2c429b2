internal import LinuxIO
internal import SystemPackage
internal import WasmCache

/// The stage *evict*: makes room once nobody needs the run's artifacts any more, after exports are written.
package struct EvictionStage {
  private let summary: RunSummary
  private let limit: CacheSizeLimit?

  package init(after summary: RunSummary, limit: CacheSizeLimit?) {
    self.summary = summary
    self.limit = limit
  }

  /// Reports what was done or could not be.
  ///
  /// - Returns: whether anything was removed.
  @discardableResult
  package func run(_ observer: any RunObserver) -> Bool {
    // Also a run that compiles nothing makes the cache larger by what it fetches.
    let stores = summary.compiled + summary.compiledRemotely + summary.fetched + summary.shared > 0
    guard let cache = summary.caches.own, let chosen = limit,
      stores || chosen.isChosen && !summary.purpose.onlyLooks
    else { return false }
    let limit = chosen.bytes
    lazy var modules = Set(summary.plan.contents.map(\.facts.hash))
    lazy var engines = Set(summary.targets.map(\.identity.directoryName))
    var needed: (artifacts: Int, bytes: Int64) = (0, 0)
    let result: EvictionResult?
    do throws(CacheError) {
      result = try cache.evictIfDue(size: limit, isChosen: chosen.isChosen, now: WallClock.now()) { victim, inventory in
        let own = victim.entries.count {
          modules.contains($0.module) && engines.contains(inventory.engines[$0.engine].directory)
        }
        needed.artifacts += own
        if own > 0 { needed.bytes += victim.size }
      }
    } catch {
      observer.record(.noted("\(error.path ?? cache.path): no room was made: \(error.complaint)"))
      return false
    }
    guard let result else { return false }
    if needed.artifacts > 0 {
      let enough = ByteCount(Int(clamping: (result.size + needed.bytes) / 1000 * 1000 + 1000))
      observer.record(
        .warned(
          "max-size \(ByteCount(Int(clamping: limit))) has no room for \(needed.artifacts) of this run's artifacts, "
            + "which have to be compiled again: raise it to \(enough)"))
    }
    if result.freed > 0 {
      observer.record(
        .noted("\(result.freed) bytes of artifacts removed, \(result.size) are left of the \(limit) that may stay"))
    }
    return result.entries + result.objects > 0
  }
}
