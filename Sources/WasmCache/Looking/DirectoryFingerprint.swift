internal import Crypto
internal import LinuxIO
internal import SystemPackage

/// A digest that stands for "these modules, in a cache whose directories are as they are now".
///
/// Names come and go in a directory only together with its time stamps, and nothing in a cache is rewritten in place. So
/// once every entry was found in some state, they are all still there when the same state is met again: one look a
/// directory instead of one an entry. (Measured with 10,000 modules: 0.5 ms instead of 40 ms of processor time, most of
/// it for following links.)
///
/// It rests on this:
/// - A directory that changed in the last tick of its file system's clock has no state, since it could change again within
///   the same tick; neither has one whose stamps lie in the future. Where the clock is not this kernel's, a tick is taken
///   for two seconds.
/// - All the directories that names are looked up in are part of it, by device, inode, times and mode: the engine's, the
///   objects', and each that objects lie in. Copied or restored, they are others; moved as a whole, they are the same,
///   and so are their relative links.
/// - So is whom the caches trust: who trusts anyone finds entries that others refuse. So are the keys that must have signed
///   what is in a cache.
/// - Only entries that are links to objects which are files are found at all: these directories do not tell where other
///   links lead.
/// - It is believed for a day, and not by a clock that was set back. So an object that someone empties in place,
///   against its mode, is noticed a day late. Readers of an object's bytes notice changed ones, as ever.
package struct DirectoryFingerprint: Hashable, Sendable {
  let digest: Digest256

  init(_ digest: Digest256) { self.digest = digest }

  var blob: [UInt8] { digest.bytes }
}

/// A digest of the modules that a state is about, in an order that the next run will have, too.
package struct ModulesDigest: Sendable {
  private var hash = SHA256()
  private var count = 0
  /// Hashes are gathered and hashed together, because each call costs more than its 32 bytes.
  private var block: [WasmHash] = []

  package init() { block.reserveCapacity(256) }

  package mutating func add(_ module: WasmHash) {
    if block.count == 256 { flush() }
    block.append(module)
  }

  private mutating func flush() {
    // The bytes are in this machine's order, because the catalog is this machine's.
    block.withUnsafeBytes { hash.update(bufferPointer: $0) }
    count += block.count
    block.removeAll(keepingCapacity: true)
  }

  fileprivate consuming func finish() -> String {
    flush()
    return "\(count) \(Digest256(hash.finalize()))"
  }
}

/// The state of the directories that all objects lie in, taken once for several engines; all of them are trusted.
package struct ObjectsState: Sendable {
  fileprivate var stamps = DirectoryStamps()
  /// False if a directory changed so shortly before that it may change again without a sign.
  package private(set) var isSettled: Bool

  /// - Parameters:
  ///   - now: nanoseconds since 1970.
  ///   - clock: of stamps, not later than now.
  /// - Throws: if another user may decide what lies in one of them.
  package init(_ cache: CacheDirectory, now: Int64, clock: Int64 = StampClock.now()) throws(CacheError) {
    let tick = Tick(now: now, clock: clock, of: cache.objects)
    isSettled = stamps.append(try? cache.objects.status(), tick)
    for number in 0..<256 {
      let name = DirectoryName(UInt8(number))
      let status: FileStatus
      do throws(SystemError) { status = try cache.objects.status(of: name) } catch {
        // One that is missing is a state, too.
        if error.errno != .noSuchFileOrDirectory { isSettled = false }
        continue
      }
      try cache.trust.require(status, cache.base.appending(CacheLayout.objects).appending(name.text))
      if !stamps.append(status, tick, number: Int64(number)) { isSettled = false }
    }
  }
}

extension DirectoryFingerprint {
  /// The state of one identity's part of several caches, for some modules.
  ///
  /// - Parameters:
  ///   - layers: the parts, in the order in which they are looked into, each with its cache's objects.
  ///   - now: nanoseconds since 1970.
  ///   - clock: of stamps, not later than now.
  /// - Returns: nil if there is nothing yet, or something changed just now.
  package init?(
    of modules: ModulesDigest, in layers: [(directory: EngineDirectory, objects: ObjectsState)], now: Int64,
    clock: Int64 = StampClock.now()
  ) {
    var hash = SHA256()
    hash.update(data: Array("fingerprint 4 \(modules.finish()) \(layers.count)\n".utf8))
    var isAnyThere = false
    for (directory, objects) in layers {
      guard objects.isSettled else { return nil }
      var stamps = objects.stamps
      let tick = Tick(now: now, clock: clock, of: directory.cache.engines)
      if let status = try? directory.cache.engines.status(of: directory.name) {
        guard stamps.append(status, tick) else { return nil }
        isAnyThere = true
      }
      let signers = directory.cache.signers.fingerprint
      // Not as an interpolation of the values themselves, which would have the runtime search for what describes them: 0.3 ms.
      let trust = directory.cache.trust == .owner ? "owner" : "anyone"
      hash.update(
        data: Array("\(directory.name) \(trust) \(stamps.words.count) \(signers)\n".utf8))
      hash.update(data: directory.identity.digest)
      stamps.words.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    guard isAnyThere else { return nil }
    self.init(Digest256(hash.finalize()))
  }
}

/// The tick of a file system's clock in which directories are looked at. A change that comes later in the same tick leaves no
/// other stamp.
private struct Tick {
  private let now: Int64
  /// The clock before any of them was looked at; nil if the file system has another.
  private let clock: Int64?

  init(now: Int64, clock: Int64, of directory: borrowing Descriptor) {
    self.now = now
    self.clock = StampClock.isKernels(of: directory) ? clock : nil
  }

  /// Whether a directory with this stamp changed before the tick, so that its next change shows.
  func isOver(for stamp: FileStamp) -> Bool {
    let latest = max(stamp.modified, stamp.changed)
    if latest <= now - StampTrust.margin { return true }
    guard let clock else { return false }
    return latest <= now && latest < clock && StampClock.isFine(stamp)
  }
}

/// The values that tell states of directories apart.
private struct DirectoryStamps: Sendable {
  private(set) var words: [Int64] = []

  init() { words.reserveCapacity(6 * 258) }

  /// - Parameter number: which of several this is.
  /// - Returns: false if it is no directory, or changed just now.
  mutating func append(_ status: FileStatus?, _ tick: Tick, number: Int64 = -1) -> Bool {
    guard let stamp = status?.stamp, stamp.kind == .directory, tick.isOver(for: stamp) else { return false }
    words += [
      number, Int64(bitPattern: stamp.device), Int64(bitPattern: stamp.inode), stamp.modified, stamp.changed,
      Int64(stamp.mode),
    ]
    return true
  }
}

/// The name of one of the directories in `objects`, without an allocation.
private struct DirectoryName: PathText {
  private let characters: InlineArray<3, CChar>

  init(_ number: UInt8) {
    func digit(_ value: UInt8) -> CChar { CChar(value < 10 ? 0x30 + value : 0x57 + value) }
    characters = [digit(number >> 4), digit(number & 15), 0]
  }

  var text: String { withCText { String(cString: $0) } }

  func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    characters.span.withUnsafeBufferPointer { buffer in
      // Three elements have an address.
      buffer.baseAddress.map(body) ?? body("")
    }
  }
}
