internal import LinuxIO
internal import Synchronization
public import SystemPackage
public import WasmEngine

extension FileSystemCache {
  /// The hash of the module in a file.
  ///
  /// The file is not read if this value, or a run of `wasmprecompile`, has read it before and its time stamps say that it
  /// is as it was. A writer through a memory map may change contents and leave the time stamps.
  ///
  /// - Throws: ``CacheError/io(_:operation:_:)``, or ``CacheError/givenUp(_:operation:reason:)`` if it is no regular file,
  ///   is larger than 1 GiB or changes while it is read.
  public func hash(ofFileAt path: FilePath) throws(CacheError) -> WasmHash {
    let stamp: FileStamp
    do { stamp = try Descriptor.status(of: path).stamp } catch { throw CacheError(path, "read the module", error) }
    let now = WallClock.now()
    if let known = files.withLock({ $0[stamp.identity] }), known.isFresh(for: stamp, now: now) {
      return known.module
    }
    if let row = catalog.module(in: stamp) {
      let known = HashedFile(stamp: row.stamp, hashed: row.hashed, module: row.module.hash)
      if known.isFresh(for: stamp, now: now) {
        files.withLock { $0[stamp.identity] = known }
        return known.module
      }
    }
    return WasmHash.generate(try contents(ofFileAt: path))
  }

  /// Loads the module in a file, if the cache has it.
  ///
  /// - Throws: as ``hash(ofFileAt:)`` and ``Cache/load(_:)`` do.
  public func load(fileAt path: FilePath) throws(CacheError) -> Module { try load(hash(ofFileAt: path)) }

  /// Loads the component in a file, if the cache has it.
  ///
  /// - Throws: as ``hash(ofFileAt:)`` and ``loadComponent(_:)`` do.
  public func loadComponent(fileAt path: FilePath) throws(CacheError) -> Component {
    try loadComponent(hash(ofFileAt: path))
  }

  /// Reads a module, and remembers its hash.
  func contents(ofFileAt path: FilePath) throws(CacheError) -> [UInt8] {
    do throws(RegularFileError) {
      let file = try RegularFile(path)
      return try file.whileUnchanged { status throws(RegularFileError) in
        let hashed = StampTrust.beginning(file, status.stamp)
        let bytes = try file.bytes(status, limit: Self.largestModule)
        let known = HashedFile(stamp: status.stamp, hashed: hashed, module: WasmHash.generate(bytes))
        files.withLock { $0[status.stamp.identity] = known }
        return bytes
      } failure: {
        $0
      }
    } catch {
      let operation = "read the module"
      if case .system(let error) = error { throw CacheError(path, operation, error) }
      throw .givenUp(path, operation: operation, reason: "\(error)")
    }
  }

  /// Bytes; engines accept no more.
  private static let largestModule = 1 << 30
}

/// A file that was hashed, as it was then.
struct HashedFile {
  let stamp: FileStamp
  /// When hashing began, in nanoseconds since 1970.
  let hashed: Int64
  let module: WasmHash

  /// Whether a file that has this stamp now still contains the module.
  func isFresh(for current: FileStamp, now: Int64) -> Bool {
    StampTrust.doubt(remembered: stamp, hashed: hashed, current: current, now: now) == nil
  }
}
