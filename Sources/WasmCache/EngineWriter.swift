internal import Crypto
internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The part of the cache that is good for one engine identity, for storing: claims modules and publishes artifacts.
package final class EngineWriter: Sendable {
  private let reader: EngineDirectory
  private let publisher: Publisher
  private let directory: Descriptor
  private let lockFile: Descriptor

  /// Makes the identity's directory if it is new.
  package init(_ reader: EngineDirectory, _ publisher: Publisher) throws(CacheError) {
    self.reader = reader
    self.publisher = publisher
    directory = try reader.cache.trust.openOrMake(
      reader.name, in: reader.cache.engines, reader.path.removingLastComponent())
    do {
      lockFile = try directory.open(CacheLayout.engineLock, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    } catch {
      throw CacheError(reader.path, "make the engine's directory", error)
    }
    let description = try? directory.status(of: CacheLayout.engineDescription)
    if description == nil {
      let text = EngineDescription(reader.identity).json
      try publisher.writeFile(text, in: directory, as: CacheLayout.engineDescription, path: reader.path)
    }
  }

  /// Claims a module for compilation, against other processes; nil if one of them has it.
  package func tryClaim(_ module: WasmHash) throws(CacheError) -> Claim? {
    do {
      return try lockFile.tryLockByte(module.lockOffset) ? Claim(module, of: self) : nil
    } catch {
      throw CacheError(reader.path.appending(CacheLayout.engineLock), "lock", error)
    }
  }

  fileprivate func release(_ module: WasmHash) { lockFile.unlockByte(module.lockOffset) }

  /// Stores an artifact and makes the module's entry point at it.
  ///
  /// The order is what makes it safe: bytes on disk, then the object's name, then the entry.
  package func publish(_ artifact: UnsafeRawBufferPointer, for module: WasmHash) throws(CacheError) {
    let digest = ArtifactDigest(SHA256.hash(data: artifact))
    try publisher.storeObject(artifact, digest)
    do {
      try publisher.staging.publishLink(
        to: CacheLayout.entryTarget(digest), in: directory, as: CacheLayout.entryName(module))
    } catch {
      throw CacheError(reader.entryPath(module), "publish", error)
    }
  }

  /// Makes the entries' names durable.
  package func synchronize() { try? directory.synchronizeDirectory() }
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
