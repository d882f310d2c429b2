internal import Crypto
internal import LinuxIO
internal import WasmEngine

/// A digest that stands for "these modules, in a cache whose directories are as they are now".
///
/// Names come and go in a directory only together with its time stamps, an entry's target never changes, and an object is
/// never rewritten. So once every entry was found for some state, they are all still there when the same state is met
/// again: one stamp a directory instead of one look an entry. (Measured with 10,000 modules: 0.5 ms instead of 40 ms of
/// processor time, most of it for following links.) What it cannot see is an object that someone overwrites in place,
/// against its mode: that is for those who read the bytes.
package struct SettledState: Hashable, Sendable {
  let digest: Digest256

  init(_ digest: Digest256) { self.digest = digest }

  var blob: [UInt8] { digest.bytes }
}

/// The state of the directories that all objects lie in, taken once for several engines.
package struct ObjectsState: Sendable {
  fileprivate let stamps: [Int64]

  /// - Parameter now: nanoseconds since 1970.
  /// - Returns: nil if a directory changed so shortly before that it may change again without a sign.
  package init?(_ cache: CacheDirectory, now: Int64) {
    var stamps: [Int64] = []
    stamps.reserveCapacity(5 * 257)
    guard Self.append(try? cache.objects.status(), to: &stamps, now) else { return nil }
    let digits = Array("0123456789abcdef".utf8)
    for number in 0..<256 {
      // One that is missing is a state, too.
      let name = DirectoryName(digits[number / 16], digits[number % 16])
      guard let status = try? cache.objects.status(of: name) else { continue }
      stamps.append(Int64(number))
      guard Self.append(status, to: &stamps, now) else { return nil }
    }
    self.stamps = stamps
  }

  fileprivate static func append(_ status: FileStatus?, to stamps: inout [Int64], _ now: Int64) -> Bool {
    guard let stamp = status?.stamp, stamp.kind == .directory else { return false }
    let latest = max(stamp.modified, stamp.changed)
    guard latest <= now - StampTrust.margin else { return false }
    stamps += [
      Int64(bitPattern: stamp.device), Int64(bitPattern: stamp.inode), stamp.modified, stamp.changed, Int64(stamp.mode),
    ]
    return true
  }
}

extension EngineDirectory {
  /// The state of this part of the cache for some modules.
  ///
  /// - Parameters:
  ///   - modules: in an order that the next run will have, too.
  ///   - now: nanoseconds since 1970.
  /// - Returns: nil if there is nothing yet, or it changed just now.
  package func state(of modules: [WasmHash], _ objects: ObjectsState, now: Int64) -> SettledState? {
    var stamps = objects.stamps
    guard ObjectsState.append(try? cache.engines.status(of: name), to: &stamps, now) else { return nil }
    var hash = SHA256()
    hash.update(data: Array("settled 1 \(name) \(stamps.count) \(modules.count)\n".utf8))
    hash.update(data: identity.digest)
    // In this machine's byte order, because the catalog is this machine's.
    stamps.withUnsafeBytes { hash.update(bufferPointer: $0) }
    modules.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return SettledState(Digest256(hash.finalize()))
  }
}

/// The name of one of the directories in `objects`, without an allocation.
private struct DirectoryName: PathText {
  private let text: (CChar, CChar, CChar)

  init(_ first: UInt8, _ second: UInt8) { text = (CChar(bitPattern: first), CChar(bitPattern: second), 0) }

  func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    withUnsafeBytes(of: text) { bytes in
      bytes.withMemoryRebound(to: CChar.self) { buffer in
        // A tuple has bytes, so there is an address.
        buffer.baseAddress.map(body) ?? body("")
      }
    }
  }
}
