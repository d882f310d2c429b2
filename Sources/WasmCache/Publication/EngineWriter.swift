internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// The part of the cache that is good for one engine identity, for storing: claims modules and publishes artifacts.
package final class EngineWriter: Sendable {
  let reader: EngineDirectory
  let publisher: Publisher
  let directory: EntryDirectory
  private let others: [ArtifactIdentity]
  /// The directories whose artifacts may be what would be made for this identity, once somebody wanted to know.
  private let knownServing = Mutex<[String]?>(nil)
  private let lockFile: Descriptor
  /// The modules that this process has claimed: the lock file keeps out only others.
  private let claimed = Mutex<Set<WasmHash>>([])
  private let isDescribed = Mutex(false)

  /// Makes the identity's directory if it is new.
  ///
  /// - Parameter others: the identities that artifacts are made for at the same time.
  package init(
    _ reader: EngineDirectory, _ publisher: Publisher, beside others: [ArtifactIdentity] = []
  ) throws(CacheError) {
    self.reader = reader
    self.others = others
    self.publisher = publisher
    do {
      directory = EntryDirectory(try Self.open(reader, unless: publisher.isOver))
      lockFile = try directory.descriptor.openRegularFile(CacheLayout.engineLock, O_RDWR | O_CREAT, mode: 0o600)
    } catch {
      throw CacheError(reader.path, "make the engine's directory", error)
    }
    try reader.cache.trust.require(directory.descriptor, reader.path)
  }

  /// The directories whose artifacts may be what would be made for this identity.
  var serving: [String] {
    knownServing.withLock { known in
      let serving = known ?? reader.serving(among: others)
      known = serving
      return serving
    }
  }

  /// Writes the directory's purpose into it, before the first artifact takes the room that this needs. One that cannot be
  /// read, or says something else, is replaced.
  func describe() throws(CacheError) {
    let result = isDescribed.withLock { isDescribed in
      Result { () throws(CacheError) in
        if isDescribed { return }
        let description = EngineDescription(reader.identity)
        if EngineDescription(in: directory.descriptor) != description {
          try publisher.writeFile(
            description.json, in: directory.descriptor, as: CacheLayout.engineDescription, path: reader.path)
        }
        isDescribed = true
      }
    }
    try result.get()
  }

  /// Makes the directory unless it is there, and keeps it: eviction removes none whose lock a writer shares.
  ///
  /// Eviction holds the lock for moments. Who holds it for longer was stopped, or is another user who may read the directory.
  /// Nobody can remove it meanwhile, and the work goes on without the lock.
  private static func open(
    _ reader: EngineDirectory, unless isOver: () -> Bool
  ) throws(SystemError) -> Descriptor {
    let deadline = MonotonicInstant.now().adding(seconds: CacheDirectory.patience)
    while true {
      let directory = try reader.cache.engines.openOrMakeDirectory(reader.name)
      // Without locks, eviction removes no directory.
      _ = try directory.lockIfPossible(shared: true, until: deadline, unless: isOver)
      // The directory may have been removed between making and locking.
      if try directory.status().links > 0 { return directory }
    }
  }

  /// Claims a module for compilation; nil if another process, or another thread of this one, has it.
  package func tryClaim(_ module: WasmHash) throws(CacheError) -> Claim? {
    guard claimed.withLock({ $0.insert(module).inserted }) else { return nil }
    do {
      if try lockFile.tryLockByte(module.lockOffset) { return Claim(module, of: self) }
    } catch let error where error.saysThatThereAreNoLocks {
      // Another process may do the same work, which is never wrong.
      return Claim(module, of: self)
    } catch {
      forget(module)
      throw CacheError(reader.path.appending(CacheLayout.engineLock), "lock", error)
    }
    forget(module)
    return nil
  }

  fileprivate func release(_ module: WasmHash) {
    lockFile.unlockByte(module.lockOffset)
    forget(module)
  }

  private func forget(_ module: WasmHash) { claimed.withLock { _ = $0.remove(module) } }

  /// Stores an artifact and makes the module's entry point at it.
  package func publish(_ artifact: UnsafeRawBufferPointer, for module: WasmHash) throws(CacheError) {
    try publish(write(artifact, for: module), for: module)
  }

  /// Writes an artifact, to be published later: writing several before publishing them spares the disk most of its work.
  ///
  /// - Parameter module: what it is published for. Its signature, if the publisher has a key, is of this module.
  package func write(_ artifact: UnsafeRawBufferPointer, for module: WasmHash) throws(CacheError) -> WrittenArtifact {
    try describe()
    return try publisher.write(artifact, .ours { [reader] in ArtifactStatement(reader.identity, module, $0) })
  }

  /// Writes an artifact that was made elsewhere, to be published later. The publisher does not sign it: its owner has not seen
  /// how it was made.
  ///
  /// - Parameter signature: the signature's file, as it came with the artifact. What is no signature is not kept.
  package func write(
    _ artifact: UnsafeRawBufferPointer, signedElsewhere signature: [UInt8]
  ) throws(CacheError) -> WrittenArtifact {
    try describe()
    return try publisher.write(artifact, SignatureFile.isOne(signature) ? .theirs(signature) : nil)
  }

  /// Makes a module's entry point at an artifact.
  ///
  /// The order is what makes it safe: bytes on disk, then the object's name, then the entry.
  package func publish(_ artifact: WrittenArtifact, for module: WasmHash) throws(CacheError) {
    try publisher.publish(
      artifact, entry: reader.entryName(module), in: directory.descriptor, path: reader.entryPath(module))
  }

  /// Publishes several artifacts, of this writer or of others with the same publisher. It takes less than one after the other.
  ///
  /// - Parameter done: told of each, in order, why it could not be published; nil for success.
  package func publish(_ batch: [Publication], done: (_ index: Int, CacheError?) -> Void) {
    publisher.publish(batch, done: done)
  }

  /// The step that makes a module's entry point at an artifact, to be taken with others.
  package func publication(_ artifact: WrittenArtifact, for module: WasmHash) -> Publication {
    Publication(artifact, entry: reader.entryName(module), in: directory) { [reader] in reader.entryPath(module) }
  }

  /// Makes the entries' names durable.
  package func synchronize() throws(CacheError) {
    do { try directory.descriptor.synchronizeDirectory() } catch { throw .unsynchronized(reader.path, error) }
  }
}

/// The right to compile one module, until it goes.
package struct Claim: ~Copyable, Sendable {
  private let module: WasmHash
  private let writer: EngineWriter

  fileprivate init(_ module: WasmHash, of writer: EngineWriter) {
    self.module = module
    self.writer = writer
  }

  deinit { writer.release(module) }
}
