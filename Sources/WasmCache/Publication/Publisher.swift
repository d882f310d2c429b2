internal import Crypto
internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage

/// A writer into the cache: gives files their final names only when they are whole and on disk.
package final class Publisher: Sendable {
  private let cache: CacheDirectory
  let staging: Staging
  private let touched = Mutex<Set<String>>([])
  let isOver: @Sendable () -> Bool

  /// Makes a publisher, and removes what dead writers left.
  ///
  /// - Parameter isOver: asked now and then, while a lock is waited for, whether waiting is no longer wanted.
  package init(
    _ cache: CacheDirectory, unless isOver: @escaping @Sendable () -> Bool = { false }
  ) throws(CacheError) {
    self.cache = cache
    self.isOver = isOver
    do { staging = try Staging(in: cache.openTemporary()) } catch {
      throw CacheError(cache.base.appending(CacheLayout.temporary), "make a directory", error)
    }
    do { try staging.requireSymbolicLinks() } catch {
      throw .givenUp(
        cache.path, operation: "store anything",
        reason:
          "its file system has no symbolic links (\(error)), and every entry is one: choose another place for the cache"
      )
    }
  }

  /// Writes an artifact to a file that has no name in the cache yet, and lets the disk begin with it.
  func write(_ bytes: UnsafeRawBufferPointer) throws(CacheError) -> WrittenArtifact {
    try storing(bytes.count) { () throws(SystemError) in
      let file = try staging.makeFile(bytes, mode: 0o444)
      return WrittenArtifact(file, ArtifactDigest(SHA256.hash(data: bytes)), size: bytes.count)
    }
  }

  /// Stores an object under its digest, and then makes an entry point at it. An object that is there already is replaced,
  /// because its bytes are not known.
  ///
  /// - Parameters:
  ///   - engine: the directory that the entry is in.
  ///   - path: the entry's path, for messages.
  func publish(
    _ artifact: WrittenArtifact, entry: String, in engine: borrowing Descriptor, path: FilePath
  ) throws(CacheError) {
    let name = CacheLayout.objectName(artifact.digest)
    try storing(artifact.size) { () throws(SystemError) in try artifact.file.synchronize() }
    let directory = try cache.trust.openOrMake(
      name.directory, in: cache.objects, cache.base.appending(CacheLayout.objects))
    // The lock is held for no longer than two renames, so that eviction waits for no disk.
    let result = try storing(artifact.size) { () throws(SystemError) in
      try cache.whilePublishing(unless: isOver) {
        Result { () throws(CacheError) in
          try storing(artifact.size) { () throws(SystemError) in
            try artifact.file.publish(in: directory, as: name.file)
          }
          do throws(SystemError) {
            try staging.publishLink(to: CacheLayout.entryTarget(artifact.digest), in: engine, as: entry)
          } catch {
            throw CacheError(path, "publish", error)
          }
        }
      }
    }
    touched.withLock { _ = $0.insert(name.directory) }
    try result.get()
  }

  /// Makes an entry point at an existing object, replacing what is there. The object may have come by a copy that nobody
  /// waited for, so its bytes are made durable first; ``synchronize()`` does the same for its name.
  ///
  /// - Returns: false if the object is gone, because another process made room meanwhile.
  func publishLink(
    to digest: ArtifactDigest, entry: String, in engine: borrowing Descriptor, path: FilePath
  ) throws(CacheError) -> Bool {
    let name = CacheLayout.objectName(digest)
    do throws(SystemError) {
      let directory = try cache.objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      let object = try directory.openRegularFile(name.file, O_RDONLY)
      try object.synchronizeData()
      let durable = try object.status().stamp.identity
      let isLinked = try cache.whilePublishing(unless: isOver) {
        Result { () throws(SystemError) in
          guard try directory.status(of: name.file).stamp.identity == durable else { return false }
          try staging.publishLink(to: CacheLayout.entryTarget(digest), in: engine, as: entry)
          return true
        }
      }.get()
      if isLinked { touched.withLock { _ = $0.insert(name.directory) } }
      return isLinked
    } catch let error where error.errno == .noSuchFileOrDirectory {
      return false
    } catch {
      throw CacheError(path, "publish", error)
    }
  }

  private func storing<Result: ~Copyable>(
    _ size: Int, _ body: () throws(SystemError) -> Result
  ) throws(CacheError) -> Result {
    do { return try body() } catch {
      throw CacheError(cache.base.appending(CacheLayout.objects), "write an artifact of \(size) bytes", error)
    }
  }

  func writeFile(
    _ text: String, in directory: borrowing Descriptor, as name: String, path: FilePath
  ) throws(CacheError) {
    let result = Array(text.utf8).withUnsafeBytes { bytes in
      Result { () throws(SystemError) in
        let file = try staging.makeFile(bytes, mode: 0o644)
        try file.synchronize()
        try file.publish(in: directory, as: name)
      }
    }
    do { try result.get() } catch { throw CacheError(path.appending(name), "write", error) }
  }

  /// Makes the names of all stored objects durable, once for all of them.
  ///
  /// - Throws: if that is not certain, though the stored objects can be read.
  package func synchronize() throws(CacheError) {
    let names = touched.withLock { names in
      defer { names = [] }
      return Array(names)
    }
    let failure = Mutex<CacheError?>(nil)
    let objects = cache.base.appending(CacheLayout.objects)
    @Sendable func noting(_ path: FilePath, _ body: () throws(SystemError) -> Void) {
      do { try body() } catch { failure.withLock { $0 = $0 ?? .unsynchronized(path, error) } }
    }
    let next = Atomic(0)
    // They are synchronized all at once, because the disk then has to be flushed only a few times.
    Threads.run(min(names.count, Self.synchronizingThreads)) { [cache] _ in
      while case let index = next.add(1, ordering: .relaxed).oldValue, index < names.count {
        noting(objects.appending(names[index])) { () throws(SystemError) in
          try cache.objects.openOrMakeDirectory(names[index]).synchronizeDirectory()
        }
      }
    }
    noting(objects) { () throws(SystemError) in try cache.objects.synchronizeDirectory() }
    noting(cache.base.appending(CacheLayout.engines)) { () throws(SystemError) in
      try cache.engines.synchronizeDirectory()
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  private static let synchronizingThreads = 16
}

/// An artifact's bytes in a file of the writer's own: published, or gone when its owner goes.
package final class WrittenArtifact: Sendable {
  let file: StagedFile
  package let digest: ArtifactDigest
  /// Bytes.
  package let size: Int

  fileprivate init(_ file: consuming StagedFile, _ digest: ArtifactDigest, size: Int) {
    self.file = file
    self.digest = digest
    self.size = size
  }
}
