internal import Crypto
internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage

/// A writer into the cache: gives files their final names only when they are whole and on disk.
package final class Publisher: Sendable {
  let cache: CacheDirectory
  let staging: Staging
  let touched = Mutex<Set<String>>([])
  let isOver: @Sendable () -> Bool
  /// Signs what is published; nil if nobody does.
  private let signer: SigningKey?

  /// Makes a publisher, and removes what dead writers left.
  ///
  /// - Parameters:
  ///   - signer: signs what is published.
  ///   - isOver: asked now and then, while a lock is waited for, whether waiting is no longer wanted.
  package init(
    _ cache: CacheDirectory, signer: SigningKey? = nil, unless isOver: @escaping @Sendable () -> Bool = { false }
  ) throws(CacheError) {
    self.cache = cache
    self.signer = signer
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
  ///
  /// - Parameter source: where its signature comes from; nil for an artifact without one.
  func write(
    _ bytes: UnsafeRawBufferPointer, _ source: SignatureSource? = nil
  ) throws(CacheError) -> WrittenArtifact {
    let digest = ArtifactDigest(SHA256.hash(data: bytes))
    let signature: StagedSignature? =
      switch source {
      case .ours(let statement): try stageSignature(of: statement(digest))
      case .theirs(let text): try stage(text)
      case nil: nil
      }
    return try storing(bytes.count) { () throws(SystemError) in
      let file = try staging.makeFile(bytes, mode: 0o444)
      return WrittenArtifact(file, digest, size: bytes.count, signature: signature)
    }
  }

  /// The publisher's own signature, in a file that has no name in the cache yet; nil if it has no key.
  func stageSignature(of statement: @autoclosure () -> ArtifactStatement) throws(CacheError) -> StagedSignature? {
    guard let signer else { return nil }
    return try stage(signer, statement())
  }

  /// Writes a signature to a file that has no name in the cache yet.
  func stage(_ signer: SigningKey, _ statement: ArtifactStatement) throws(CacheError) -> StagedSignature {
    let text: [UInt8]
    do { text = try signer.sign(statement) } catch { throw .unusableKey(error.path, reason: error.reason) }
    return try stage(text)
  }

  private func stage(_ text: [UInt8]) throws(CacheError) -> StagedSignature {
    let result = text.withUnsafeBytes { bytes in
      Result { () throws(SystemError) in StagedSignature(try staging.makeFile(bytes, mode: 0o444), text) }
    }
    do { return try result.get() } catch {
      throw CacheError(cache.base.appending(CacheLayout.temporary), "write a signature", error)
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
    try storing(artifact.size) { () throws(SystemError) in try artifact.synchronize() }
    let directory = try cache.trust.openOrMake(
      name.directory, in: cache.objects, cache.base.appending(CacheLayout.objects))
    // The lock is held for no longer than two renames, so that eviction waits for no disk.
    let result = try storing(artifact.size) { () throws(SystemError) in
      try cache.whilePublishing(unless: isOver) {
        Result { () throws(CacheError) in
          try storing(artifact.size) { () throws(SystemError) in
            try artifact.file.publish(in: directory, as: name.file)
          }
          try link(artifact, entry: entry, in: engine, path)
        }
      }
    }
    touched.withLock { _ = $0.insert(name.directory) }
    try result.get()
  }

  private func link(
    _ artifact: WrittenArtifact, entry: String, in engine: borrowing Descriptor, _ path: @autoclosure () -> FilePath
  ) throws(CacheError) {
    do throws(SystemError) {
      // Before the entry, so that who sees the entry finds it signed.
      try artifact.signature?.file.publish(in: engine, as: entry + SignatureFile.suffix)
      try staging.publishLink(to: CacheLayout.entryTarget(artifact.digest), in: engine, as: entry)
    } catch {
      throw CacheError(path(), "publish", error)
    }
  }

  /// How many artifacts get their names while eviction waits: that takes a millisecond.
  private static let namedAtOnce = 32

  /// Publishes several artifacts as ``publish(_:entry:in:path:)`` does one: the bytes of all are on the disk before the first
  /// gets a name.
  ///
  /// - Parameter done: told of each, in order, why it could not be published; nil for success.
  func publish(_ batch: [Publication], done: (_ index: Int, CacheError?) -> Void) {
    var failures = synchronize(batch)
    for start in stride(from: 0, to: batch.count, by: Self.namedAtOnce) {
      let part = start..<min(start + Self.namedAtOnce, batch.count)
      for index in part where failures[index] == nil {
        failures[index] = failure { () throws(CacheError) in try makeDirectory(for: batch[index].artifact) }
      }
      do throws(SystemError) {
        try cache.whilePublishing(unless: isOver) {
          for index in part where failures[index] == nil {
            failures[index] = failure { () throws(CacheError) in try giveNames(batch[index]) }
          }
        }
      } catch {
        for index in part where failures[index] == nil {
          failures[index] = storingFailure(batch[index].artifact.size, error)
        }
      }
      for index in part { done(index, failures[index]) }
    }
  }

  private func failure(_ body: () throws(CacheError) -> Void) -> CacheError? {
    do { try body() } catch { return error }
    return nil
  }

  /// Fewer files and directories are made durable one by one: a flush of the whole file system may have more to write than these.
  private static let fewestForWholeFileSystem = 8

  /// Makes the bytes of artifacts durable; what failed of each.
  private func synchronize(_ batch: [Publication]) -> [CacheError?] {
    if batch.count >= Self.fewestForWholeFileSystem, staging.synchronizeAll() {
      return Array(repeating: nil, count: batch.count)
    }
    // All are on their way before the first is waited for.
    for one in batch { one.artifact.file.startWritingOut() }
    return batch.map { one in
      failure { () throws(CacheError) in
        try storing(one.artifact.size) { () throws(SystemError) in try one.artifact.synchronize() }
      }
    }
  }

  /// Makes sure of the directory that an object belongs into. One that was made sure of before is not looked at again.
  private func makeDirectory(for artifact: WrittenArtifact) throws(CacheError) {
    let name = CacheLayout.objectName(artifact.digest).directory
    if touched.withLock({ $0.contains(name) }) { return }
    _ = try cache.trust.openOrMake(name, in: cache.objects, cache.base.appending(CacheLayout.objects))
    touched.withLock { _ = $0.insert(name) }
  }

  private func giveNames(_ publication: Publication) throws(CacheError) {
    let artifact = publication.artifact
    let name = CacheLayout.objectName(artifact.digest)
    do throws(SystemError) {
      try artifact.file.publish(in: cache.objects, as: "\(name.directory)/\(name.file)")
    } catch {
      // Somebody removed the directory after all.
      guard error.errno == .noSuchFileOrDirectory else { throw storingFailure(artifact.size, error) }
      touched.withLock { _ = $0.remove(name.directory) }
      try makeDirectory(for: artifact)
      try storing(artifact.size) { () throws(SystemError) in
        try artifact.file.publish(in: cache.objects, as: "\(name.directory)/\(name.file)")
      }
    }
    try link(artifact, entry: publication.entry, in: publication.directory.descriptor, publication.path())
  }

  /// Makes an entry point at an existing object, replacing what is there. The object may have come by a copy that nobody
  /// waited for, so its bytes are made durable first; ``synchronize()`` does the same for its name.
  ///
  /// - Parameters:
  ///   - signature: the entry's; nil for none.
  ///   - path: the entry's, for messages.
  /// - Returns: false if the object is gone, because another process made room meanwhile.
  func publishLink(
    to digest: ArtifactDigest, _ signature: StagedSignature? = nil, entry: String, in engine: borrowing Descriptor,
    path: @autoclosure () -> FilePath
  ) throws(CacheError) -> Bool {
    let name = CacheLayout.objectName(digest)
    do throws(SystemError) {
      let directory = try cache.objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      let object = try directory.openRegularFile(name.file, O_RDONLY)
      try object.synchronizeData()
      try signature?.file.synchronize()
      let durable = try object.status().stamp.identity
      let isLinked = try cache.whilePublishing(unless: isOver) {
        Result { () throws(SystemError) in
          guard try directory.status(of: name.file).stamp.identity == durable else { return false }
          // Before the entry, so that who sees the entry finds it signed.
          try signature?.file.publish(in: engine, as: entry + SignatureFile.suffix)
          try staging.publishLink(to: CacheLayout.entryTarget(digest), in: engine, as: entry)
          return true
        }
      }.get()
      if isLinked { touched.withLock { _ = $0.insert(name.directory) } }
      return isLinked
    } catch let error where error.errno == .noSuchFileOrDirectory {
      return false
    } catch {
      throw CacheError(path(), "publish", error)
    }
  }

  private func storing<Result: ~Copyable>(
    _ size: Int, _ body: () throws(SystemError) -> Result
  ) throws(CacheError) -> Result {
    do { return try body() } catch { throw storingFailure(size, error) }
  }

  private func storingFailure(_ size: Int, _ error: SystemError) -> CacheError {
    CacheError(cache.base.appending(CacheLayout.objects), "write an artifact of \(size) bytes", error)
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
    var names = touched.withLock { names in
      defer { names = [] }
      return Array(names)
    }
    if names.count >= Self.fewestForWholeFileSystem, staging.synchronizeAll() { names = [] }
    let failure = Mutex<CacheError?>(nil)
    let objects = cache.base.appending(CacheLayout.objects)
    @Sendable func noting(_ path: FilePath, _ body: () throws(SystemError) -> Void) {
      do { try body() } catch { failure.withLock { $0 = $0 ?? .unsynchronized(path, error) } }
    }
    let next = Atomic(0)
    // They are synchronized all at once, because the disk then has to be flushed only a few times.
    Threads.run(min(names.count, Self.synchronizingThreads)) { [cache, names] _ in
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
