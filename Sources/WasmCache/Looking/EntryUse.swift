internal import Crypto
internal import LinuxIO
package import SystemPackage

extension EngineDirectory {
  /// Nanoseconds for which a use is not recorded again.
  private static let useResolution: Int64 = 24 * 3_600_000_000_000

  /// Records that a module's artifact was used, so that it is not the first to go when room is needed.
  ///
  /// A use is the entry's own time of modification, right to a day: a hit costs no write, and neither the directory's time
  /// stamps nor the artifact's change. Where it cannot be recorded, as in a cache that is only read, nothing is lost.
  ///
  /// - Parameter now: nanoseconds since 1970.
  /// - Returns: the use that stands there now; `now` if none could be recorded.
  @discardableResult
  package func recordUse(of module: WasmHash, now: Int64) -> Int64 {
    let place = entryPlace(module)
    if cache.isLower { return now }
    guard let last = try? cache.engines.status(of: place).stamp.modified else { return now }
    guard Self.isUseDue(last, now: now) else { return last }
    try? cache.engines.touch(place)
    return now
  }

  /// The state "all that some roots have of this engine was recorded as used". With many modules, it spares a look at
  /// each entry. It is kept and believed as long as any other.
  package func stateOfUses(below roots: [FilePath]) -> DirectoryFingerprint {
    var hash = SHA256()
    hash.update(data: Array("uses 1 \(name) \(roots.count)\n".utf8))
    hash.update(data: identity.digest)
    for root in roots { hash.update(data: root.bytes + [0]) }
    return DirectoryFingerprint(Digest256(hash.finalize()))
  }

  /// Whether a use is to be recorded after an earlier one.
  static func isUseDue(_ last: Int64, now: Int64) -> Bool {
    // A use in the future is from a clock that was set back.
    last > now || last < now - useResolution
  }
}
