internal import CInotifyTools
internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage

/// The one open inotify instance of libinotifytools, with what the library gets wrong put right.
///
/// The library keeps everything in static variables. So there is one of these in a process at a time, and its owner
/// calls it from one thread at a time. Of the library only `watch_file`, `remove_watch_by_wd`,
/// `wd_from_filename`, `next_events(0, 1)` and set-up are used: the others block, spin, forget or follow names that
/// have changed. Its standard error output about watches that vanished in the meantime is harmless.
struct InotifyTools: ~Copyable {
  /// The instance's descriptor, for a Dispatch source; the library closes it.
  let descriptor: Int32
  private let library: InotifyLibrary
  /// Nodes of directories that are gone, which the library frees only when it is cleaned up.
  private(set) var staleNodes = 0
  private var watches: [Int32: (identity: FileIdentity, mask: InotifyMask)] = [:]
  private var descriptors: [FileIdentity: Int32] = [:]
  private var collected: [InotifyEvent] = []
  private var taken = 0
  private var spellings = 0
  private let limit: Int?

  private static let inUse = Mutex(false)

  /// - Parameter limit: refuses more watches than this as the kernel would, so that tests need no root rights.
  init(limit: Int? = nil) throws(InotifyFailure) {
    let claimed = Self.inUse.withLock { inUse in
      defer { inUse = true }
      return !inUse
    }
    guard claimed else { throw .alreadyInUse }
    do throws(InotifyFailure) {
      let library = try InotifyLibrary()
      descriptor = try Self.open(library)
      self.library = library
      self.limit = limit
      // The library's static buffer outlives a clean-up, and what the last instance left in it comes out now.
      // Draining before the clean-up would have no certain end: events would keep coming.
      while Self.nextRaw(library) != nil {}
    } catch {
      Self.inUse.withLock { $0 = false }
      throw error
    }
  }

  deinit {
    library.api.cleanup()
    Self.inUse.withLock { $0 = false }
  }

  var liveWatches: Int { watches.count }

  /// Events that were moved here, about which the descriptor says nothing any more.
  var hasCollected: Bool { taken < collected.count }

  /// Nodes the library holds, alive and dead; walks all of them.
  var libraryNodes: Int { Int(library.api.get_num_watches()) }

  /// Watches a directory, or adds events to its watch, because there is one watch for an inode.
  mutating func watch(
    _ path: FilePath, _ identity: FileIdentity, for mask: InotifyMask
  ) throws(SystemError) -> Int32 {
    if let known = descriptors[identity] {
      // The number may have been given to a new directory: the end of the old one is then already queued.
      collect()
      if let present = watches[known]?.mask, present.isSuperset(of: mask) { return known }
    }
    if let limit, descriptors[identity] == nil, watches.count >= limit {
      throw SystemError("inotify_add_watch", .noSpace)
    }
    let flags = UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK) | UInt32(IN_DONT_FOLLOW) | UInt32(IN_MASK_ADD)
    let spelling = unknownSpelling(of: path)
    guard library.api.watch_file(spelling, Int32(bitPattern: mask.rawValue | flags)) != 0 else {
      throw SystemError("inotify_add_watch", Errno(rawValue: library.api.error()))
    }
    let watch = library.api.wd_from_filename(spelling)
    guard watch >= 0 else { throw SystemError("inotify_add_watch", .noMemory) }
    // A second node for the same watch stays in the library's tree of names for good.
    if watches[watch] != nil { staleNodes += 1 }
    let before = watches[watch]?.mask ?? []
    if let old = watches[watch]?.identity { descriptors[old] = nil }
    watches[watch] = (identity, before.union(mask))
    descriptors[identity] = watch
    return watch
  }

  /// Stops watching a directory that is still there; does nothing for one that is gone.
  mutating func remove(_ watch: Int32) {
    // Removing a watch that the kernel already dropped prints an error and keeps the node.
    collect()
    guard forget(watch) else { return }
    if library.api.remove_watch_by_wd(watch) == 0 { staleNodes += 1 }
  }

  /// The next event, or `nil` when there is none at the moment; never waits.
  mutating func next() -> InotifyEvent? {
    if taken == collected.count {
      collected.removeAll(keepingCapacity: collected.count < 4096)
      taken = 0
      collectOne()
    }
    guard taken < collected.count else { return nil }
    defer { taken += 1 }
    return collected[taken]
  }

  /// Moves everything that is queued in the kernel here, which is where it cannot overflow.
  mutating func collect() {
    while collectOne() {}
  }

  @discardableResult
  private mutating func collectOne() -> Bool {
    guard let raw = Self.nextRaw(library) else { return false }
    let mask = InotifyMask(rawValue: raw.pointee.mask)
    if mask.contains(.ignored), forget(raw.pointee.wd) { staleNodes += 1 }
    collected.append(
      InotifyEvent(watch: raw.pointee.wd, mask: mask, name: Self.name(of: raw), time: SuspendingClock().now))
    return true
  }

  private mutating func forget(_ watch: Int32) -> Bool {
    guard let known = watches.removeValue(forKey: watch) else { return false }
    if descriptors[known.identity] == watch { descriptors[known.identity] = nil }
    return true
  }

  /// A spelling of the directory's path under which the library knows no node, dead or alive.
  ///
  /// `watch_file` does not return the descriptor, and asking by name gives the oldest node of that name. A number
  /// written in `./` and `.//` keeps the spelling short however often a directory comes back.
  private mutating func unknownSpelling(of path: FilePath) -> [CChar] {
    let plain = path.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
    let slash = CChar(bitPattern: UInt8(ascii: "/"))
    let dot = CChar(bitPattern: UInt8(ascii: "."))
    var spelling = plain + (plain.last == slash ? [0] : [slash, 0])
    while library.api.wd_from_filename(spelling) != -1 {
      spellings += 1
      spelling.removeLast()
      spelling.removeSubrange((plain.last == slash ? plain.count : plain.count + 1)...)
      var number = spellings
      while number > 0 {
        spelling += number & 1 == 1 ? [dot, slash, slash] : [dot, slash]
        number >>= 1
      }
      spelling.append(0)
    }
    return spelling
  }

  private static func nextRaw(_ library: InotifyLibrary) -> UnsafeMutablePointer<inotify_event>? {
    while true {
      if let event = library.api.next_events(0, 1) { return event }
      let error = library.api.error()
      guard error == EINTR || error == EAGAIN else { return nil }
    }
  }

  private static func name(of event: UnsafeMutablePointer<inotify_event>) -> FilePath.Component? {
    guard event.pointee.len > 0 else { return nil }
    let name = UnsafeRawPointer(event) + MemoryLayout<inotify_event>.size
    return FilePath.Component(platformString: name.assumingMemoryBound(to: CChar.self))
  }
}
