internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage

/// A directory of this process's own below the cache's `tmp`, for files that are not published yet.
///
/// The process holds the directory's lock, so that others can tell it from what a dead writer left: a lock goes with its
/// process, whatever ended it. (Rejected: process ids in names, which are reused and mean nothing in another container.)
///
/// Where there are no locks, the name says so, and age tells: a day without a new file. On a network file system a lock may be
/// known to its own machine only, so that age has to tell there, too.
final class Staging: Sendable {
  private let directory: Descriptor
  private let parent: Descriptor
  private let name: String
  private let counter = Mutex(0)

  /// Makes a new directory, and removes what dead writers left beside it.
  init(in temporary: consuming Descriptor) throws(SystemError) {
    parent = temporary
    Self.removeAbandoned(in: parent)
    var hasLocks = true
    for _ in 0..<Self.attempts {
      let candidate = (hasLocks ? "" : CacheLayout.unlocked) + UInt64.random(in: .min ... .max).hex
      try parent.makeDirectory(candidate)
      do {
        let made = try parent.open(candidate, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        var isHeld = true
        if hasLocks {
          let lock = try made.lockIfPossible(until: .now())
          if lock == .unavailable {
            hasLocks = false
            try? parent.removeDirectory(candidate)
            continue
          }
          isHeld = lock == .held
        }
        // Between making and locking, another process may have taken it for abandoned and removed it.
        if isHeld, try made.status().links > 0 {
          directory = made
          name = candidate
          return
        }
      } catch let error where error.errno == .noSuchFileOrDirectory {
      } catch {
        try? parent.removeDirectory(candidate)
        throw error
      }
    }
    throw SystemError("flock", .wouldBlock)
  }

  /// Directories that are made before it is given up: whoever takes each of them at once wants no file to be written.
  private static let attempts = 1000

  /// Fails if the file system has no symbolic links, of which a writer needs one for each entry.
  func requireSymbolicLinks() throws(SystemError) {
    let name = nextName()
    do { try directory.makeSymbolicLink(name, to: name) } catch let error where !error.saysThatThereAreNoSymbolicLinks {
      // Other trouble is told of what it keeps from being stored.
    }
    try? directory.remove(name)
  }

  deinit {
    Self.empty(directory)
    try? parent.removeDirectory(name)
  }

  /// Bytes of a file from which on the disk begins with it at once. Smaller ones are soon followed by others, and to write
  /// them together takes the kernel less.
  private static let largeFrom = 1 << 16

  /// Writes a file that vanishes unless it is published. The disk begins with one that is large.
  func makeFile(_ contents: UnsafeRawBufferPointer, mode: UInt32) throws(SystemError) -> StagedFile {
    let name = nextName()
    let descriptor = try directory.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    // From here on the file vanishes if anything fails.
    let file = StagedFile(descriptor: descriptor, name: name, staging: self)
    try file.descriptor.write(all: contents)
    // The kernel may report bytes as taken that are not there.
    guard try file.descriptor.status().size == contents.count else { throw SystemError("write", .ioError) }
    try file.descriptor.setMode(mode)
    if contents.count >= Self.largeFrom { file.startWritingOut() }
    return file
  }

  /// Makes a symbolic link under its final name at once, replacing what is there.
  func publishLink(to target: String, in destination: borrowing Descriptor, as final: String) throws(SystemError) {
    // A link is made whole, so it needs no other name before if nothing is to be replaced.
    do { return try destination.makeSymbolicLink(final, to: target) } catch let error
      where error.errno == .fileExists
    {}
    let name = nextName()
    try directory.makeSymbolicLink(name, to: target)
    do {
      try directory.rename(name, to: destination, as: final)
    } catch {
      try? directory.remove(name)
      throw error
    }
  }

  fileprivate func publish(_ name: String, in destination: borrowing Descriptor, as final: String) throws(SystemError) {
    try directory.rename(name, to: destination, as: final)
  }

  /// Makes all files here durable at once, if that is possible.
  ///
  /// - Returns: whether they are. If not, each has to be made durable.
  func synchronizeAll() -> Bool { WholeFileSystem.synchronize(directory) }

  fileprivate func discard(_ name: String) { try? directory.remove(name) }

  private func nextName() -> String {
    counter.withLock { count in
      count += 1
      return "\(count)"
    }
  }

  /// Removes the directories of writers that no longer live; trouble with one is left to the next run.
  fileprivate static func removeAbandoned(in temporary: borrowing Descriptor) {
    let names = (try? temporary.names()) ?? []
    if names.isEmpty { return }
    let locksReachFar = NetworkFileSystem.name(of: temporary.raw) == nil
    for name in names {
      guard let directory = try? temporary.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
        try? temporary.remove(name)
        continue
      }
      let isUnlocked = name.string.hasPrefix(CacheLayout.unlocked)
      if isUnlocked || !locksReachFar {
        guard let last = try? directory.status().stamp.modified, last < WallClock.now() - patience else { continue }
      }
      guard isUnlocked || (try? directory.tryLock()) == true else { continue }
      empty(directory)
      try? temporary.removeDirectory(name)
    }
  }

  /// Nanoseconds after which a writer that cannot be asked counts as dead.
  private static let patience: Int64 = 24 * 3_600_000_000_000

  private static func empty(_ directory: borrowing Descriptor) {
    for name in (try? directory.names()) ?? [] { try? directory.remove(name) }
  }
}

extension CacheDirectory {
  /// Removes what dead writers left; every new ``Publisher`` does so, too.
  package func removeAbandonedFiles() {
    if let temporary = try? openTemporary() { Staging.removeAbandoned(in: temporary) }
  }
}

/// A file in the staging directory: published, or gone when its owner goes.
struct StagedFile: ~Copyable {
  fileprivate let descriptor: Descriptor
  private let name: String
  private let staging: Staging
  private let isPublished = Atomic(false)

  fileprivate init(descriptor: consuming Descriptor, name: String, staging: Staging) {
    self.descriptor = descriptor
    self.name = name
    self.staging = staging
  }

  deinit { if !isPublished.load(ordering: .relaxed) { staging.discard(name) } }

  /// Lets the disk begin with the contents.
  func startWritingOut() { descriptor.startWritingOut() }

  /// Makes sure that the contents are on the disk.
  func synchronize() throws(SystemError) {
    try descriptor.synchronizeData()
    try descriptor.flush()
  }

  /// Gives the file its final name, replacing what is there. Its contents must be on the disk by then.
  func publish(in destination: borrowing Descriptor, as final: String) throws(SystemError) {
    try staging.publish(name, in: destination, as: final)
    isPublished.store(true, ordering: .relaxed)
  }
}

extension UInt64 {
  fileprivate var hex: String { String(self, radix: 16) }
}
