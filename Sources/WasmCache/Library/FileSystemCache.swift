internal import LinuxIO
internal import Synchronization
public import SystemPackage
public import WasmEngine

/// The cache on disk that `wasmprecompile` fills, for a program that runs the modules.
///
/// An artifact's bytes are checked before it is loaded the first time, and again when its file has changed. A corrupt
/// artifact counts as missing and is not executed. Code is mapped from the file and read when it runs.
///
/// Any number of threads may use one value, and any number of processes one directory.
public final class FileSystemCache: Cache, Sendable {
  /// Whether a cache may be changed.
  public enum Access: Sendable {
    /// The directory is made if it is missing, and compiled modules are stored.
    case readWrite
    /// Nothing is made or written. This is for a directory that another program fills.
    case readOnly
  }

  /// The cache's absolute path.
  public let directory: FilePath
  /// Whether the cache may be changed.
  public let access: Access
  public let backends: [Backend]
  /// Why some of the lower caches are not used. A host may want to log it; nothing else depends on it.
  public let lowerCacheTroubles: [CacheError]
  let cache: CacheDirectory
  /// The caches that are only read, the first first.
  private let lower: [CacheDirectory]
  let catalog: LoadingCatalog
  private let library: EngineLibrary
  /// One for each of ``backends``.
  private let settings: [EngineSettings]
  private let parts = Mutex(Parts())
  private let publisher = Mutex<Publisher?>(nil)
  let files = Mutex<[FileIdentity: HashedFile]>([:])

  /// Opens a cache.
  ///
  /// - Parameters:
  ///   - directory: as `wasmprecompile cache dir` prints it; missing parents are made, too.
  ///   - engine: the library that the modules will run with.
  ///   - backends: the backends whose code to load, the best first.
  ///   - optimization: the level that the modules were compiled with.
  ///   - cpu: the processors that the modules were compiled for.
  ///   - features: how much of WebAssembly the artifacts may assume.
  ///   - configuration: what the program sets on its engines besides; the modules were compiled for that.
  ///   - access: whether anything may be written.
  ///   - trust: the users who may have written into the cache, or into a lower one.
  ///   - lowerCaches: further caches to load from, such as an image's layer or a read-only volume; the first that has an
  ///     artifact is used. They are never written to. One that cannot be used costs nothing else, see
  ///     ``lowerCacheTroubles``.
  ///   - trustedKeys: files of public keys (minisign's or signify's). With any, an artifact of a lower cache that none of them
  ///     has signed is refused. The cache itself is trusted by its owner's rights.
  /// - Throws: why the directory cannot be used: ``CacheError/noCache(_:)`` if it is only to be read and is missing,
  ///   ``CacheError/notWritable(_:reason:)`` if it is to be written and cannot be; ``CacheError/unusableKey(_:reason:)``.
  public convenience init(
    directory: FilePath, engine: EngineLibrary, backends: [Backend] = [.cranelift, .winch],
    optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native, features: FeaturePolicy = .least,
    configuration: EngineConfiguration = EngineConfiguration(), access: Access = .readWrite,
    trust: CacheTrust = .owner, lowerCaches: [FilePath] = [], trustedKeys: [FilePath] = []
  ) throws(CacheError) {
    let settings = backends.map {
      EngineSettings(
        backend: $0, optimization: optimization, cpu: cpu, features: features, configuration: configuration)
    }
    try self.init(directory, engine, settings, access, trust, lowerCaches, trustedKeys)
  }

  /// Opens a cache for an engine that the program made itself, with anything set on it: the engine is asked which artifacts
  /// it loads. What `wasmprecompile` made for a host with these settings is found.
  ///
  /// - Parameters:
  ///   - directory: as `wasmprecompile cache dir` prints it; missing parents are made, too.
  ///   - engine: see `Engine.init(adopting:of:backend:)`. Its backend is the only one of the cache.
  ///   - access: whether anything may be written.
  ///   - trust: the users who may have written into the cache, or into a lower one.
  ///   - lowerCaches: further caches to load from; the first that has an artifact is used.
  ///   - trustedKeys: files of public keys, of which one must have signed what comes from a lower cache.
  /// - Throws: as the other initializer does, and ``CacheError/unsupportedBackend(_:reason:)`` if the engine gives no
  ///   account of itself.
  public convenience init(
    directory: FilePath, adopting engine: Engine, access: Access = .readWrite, trust: CacheTrust = .owner,
    lowerCaches: [FilePath] = [], trustedKeys: [FilePath] = []
  ) throws(CacheError) {
    try self.init(directory, engine.library, [engine.settings], access, trust, lowerCaches, trustedKeys)
    let part = EnginePart(engine, try engine.identity(), caches, catalog)
    parts.withLock { parts in
      for backend in Backend.libwasmtime {
        parts.refused[backend] = .unsupportedBackend(
          backend, reason: "the cache has one engine, which its program made for another backend")
      }
      parts.ready[engine.settings.backend] = part
    }
  }

  private init(
    _ directory: FilePath, _ engine: EngineLibrary, _ settings: [EngineSettings], _ access: Access, _ trust: CacheTrust,
    _ lowerCaches: [FilePath], _ trustedKeys: [FilePath]
  ) throws(CacheError) {
    self.directory = directory.absolute
    self.access = access
    self.settings = settings
    backends = settings.map(\.backend)
    library = engine
    switch access {
    case .readWrite:
      cache = try CacheDirectory(making: self.directory, trust: trust)
      try cache.requireWritable()
    case .readOnly:
      guard let existing = try CacheDirectory.existing(at: self.directory, trust: trust) else {
        throw .noCache(self.directory)
      }
      cache = existing
    }
    catalog = LoadingCatalog(of: cache, isWritable: access == .readWrite)
    var troubles: [CacheError] = []
    let signers: TrustedKeys
    do throws(KeyError) { signers = try TrustedKeys(reading: trustedKeys, trust: trust) } catch {
      throw .unusableKey(error.path, reason: error.reason)
    }
    lower = CacheDirectory.lower(at: lowerCaches.map(\.absolute), below: cache, trust: trust, signedBy: signers) {
      troubles.append($1)
    }
    lowerCacheTroubles = troubles
  }

  // MARK: Loading

  public func load(_ module: WasmHash, backend: Backend) throws(CacheError) -> Module { try loadCode(module, backend) }

  /// Loads a component as the first of ``backends`` that it is there for.
  ///
  /// - Throws: the first backend's failure, if all of them fail; ``CacheError/coreModule(_:)`` if it is none.
  public func loadComponent(_ component: WasmHash) throws(CacheError) -> Component { try loadCode(component, backends) }

  /// Loads a component as one backend compiled it.
  ///
  /// - Throws: ``CacheError/missing(_:_:_:)`` if it is not there, ``CacheError/coreModule(_:)`` if it is none.
  public func loadComponent(_ component: WasmHash, backend: Backend) throws(CacheError) -> Component {
    try loadCode(component, backend)
  }

  func loadCode<Code: CompiledCode>(_ module: WasmHash, _ backends: [Backend]) throws(CacheError) -> Code {
    try backends.firstSuccess { backend throws(CacheError) in try loadCode(module, backend) }
  }

  func loadCode<Code: CompiledCode>(_ module: WasmHash, _ backend: Backend) throws(CacheError) -> Code {
    try part(backend).load(module)
  }

  /// Opens an artifact without loading it, for a host with its own bindings to the library: pass ``Artifact/path`` to
  /// `wasmtime_module_deserialize_file` or `wasmtime_component_deserialize_file`.
  ///
  /// - Throws: ``CacheError/missing(_:_:_:)`` if it is not there or corrupt.
  public func artifact(of module: WasmHash, backend: Backend) throws(CacheError) -> Artifact {
    try part(backend).open(module)
  }

  /// The engine that a backend's modules are loaded with, to make stores and linkers of.
  ///
  /// - Throws: ``CacheError/unsupportedBackend(_:reason:)``.
  public func engine(_ backend: Backend) throws(CacheError) -> Engine { try part(backend).engine }

  // MARK: Storing

  public func store(_ module: WasmHash, _ compiled: Module) throws(CacheError) { try storeCode(module, compiled) }

  /// Keeps a compiled component, in place of one that is there.
  ///
  /// - Parameters:
  ///   - component: the hash of the bytes that it was compiled from, which is not checked.
  ///   - compiled: a component of this cache's engine.
  public func store(_ component: WasmHash, _ compiled: Component) throws(CacheError) {
    try storeCode(component, compiled)
  }

  private func storeCode(_ module: WasmHash, _ compiled: some CompiledCode) throws(CacheError) {
    let part = try part(compiled.info.backend)
    guard compiled.engine.library.file === library.file else { throw Self.foreign }
    let artifact: [UInt8]
    do { artifact = try compiled.serialize() } catch { throw .serialize(reason: "\(error)") }
    // It may assume everything that its engine has.
    _ = try publish(module, artifact, of: .all, in: part)
  }

  /// Stores an artifact, and waits until it is on the disk.
  ///
  /// - Parameter features: how much of WebAssembly it may assume.
  func publish(
    _ module: WasmHash, _ artifact: [UInt8], of features: FeaturePolicy, in part: EnginePart
  ) throws(CacheError) -> WrittenArtifact {
    let writer = try writer(part, features)
    let result = artifact.withUnsafeBytes { bytes -> Result<WrittenArtifact, CacheError> in
      guard part.identity.accepts(bytes) else { return .failure(Self.foreign) }
      return Result { () throws(CacheError) in
        let written = try writer.write(bytes, for: module)
        try writer.publish(written, for: module)
        return written
      }
    }
    let written = try result.get()
    // Objects become durable before the entries that name them.
    let synchronized = publisher.withLock { publisher in
      Result { () throws(CacheError) in try publisher?.synchronize() }
    }
    try synchronized.get()
    try writer.synchronize()
    return written
  }

  private static let foreign = CacheError.serialize(
    reason: "it was compiled by another engine than the cache's, or with other settings")

  func writer(_ part: EnginePart, _ features: FeaturePolicy) throws(CacheError) -> EngineWriter {
    guard access == .readWrite else { throw .notWritable(directory, reason: "it was opened for reading only") }
    let publisher = publisher.withLock { publisher in
      if let publisher { return Result<Publisher, CacheError>.success(publisher) }
      let made = Result { () throws(CacheError) in try Publisher(cache) }
      publisher = try? made.get()
      return made
    }
    return try part.writer(publisher.get(), features)
  }

  /// Writes this value's findings into the catalog at once, for other processes. Otherwise that happens a second later, or
  /// when the program ends.
  public func flush() { catalog.flush() }

  // MARK: Engines

  /// What is known of backends that were asked for.
  private struct Parts {
    var ready: [Backend: EnginePart] = [:]
    var refused: [Backend: CacheError] = [:]
  }

  /// A backend's engine and its part of the cache, made when it is first asked for.
  func part(_ backend: Backend) throws(CacheError) -> EnginePart {
    // Each load comes here: copying a class is a tenth of copying a `Result`.
    if let known = parts.withLock({ $0.ready[backend] }) { return known }
    let made = parts.withLock { parts in
      if let known = parts.ready[backend] { return Result<EnginePart, CacheError>.success(known) }
      if let known = parts.refused[backend] { return .failure(known) }
      let made = Result { () throws(CacheError) in try makePart(backend) }
      switch made {
      case .success(let part): parts.ready[backend] = part
      case .failure(let error): parts.refused[backend] = error
      }
      return made
    }
    return try made.get()
  }

  private func makePart(_ backend: Backend) throws(CacheError) -> EnginePart {
    // Any backend may be asked for.
    guard let settings = settings.first(where: { $0.backend == backend }) ?? settings.first?.with(backend) else {
      throw .noBackend
    }
    let begun = WallClock.now()
    let engine = try Engine(checking: settings, of: library)
    if let known = catalog.identity(engine.settings, library.file.stamp) {
      return EnginePart(engine, known, caches, catalog)
    }
    let identity = try engine.identity()
    if library.file.isUnchanged {
      catalog.remember(EngineFinding(identity, library: library.file.stamp, probed: begun))
    }
    return EnginePart(engine, identity, caches, catalog)
  }

  /// The cache itself, and then the lower ones.
  private var caches: [CacheDirectory] { [cache] + lower }
}
