internal import Glibc
internal import LinuxIO
public import SystemPackage
public import WasmEngine

extension FileSystemCache {
  /// Loads a module, or compiles it as the first of ``backends`` and stores it.
  ///
  /// Threads and processes that want the same module wait for the one that compiles it. Trouble with the cache costs time,
  /// not the module. A module that cannot be loaded is compiled. One that cannot be stored is only returned.
  ///
  /// Compiling is done in this process; see `Engine` for what that can cost.
  ///
  /// - Parameter module: the bytes of a core module, in WebAssembly's binary format.
  /// - Throws: ``CacheError/compile(_:)``, ``CacheError/unsupportedBackend(_:reason:)`` or ``CacheError/noBackend``.
  public func load(orCompile module: [UInt8]) throws(CacheError) -> Module {
    try loadCode(WasmHash.generate(module)) { () throws(CacheError) in module }
  }

  /// Loads the module in a file, or compiles it as the first of ``backends`` and stores it.
  ///
  /// The file is not read if the catalog knows the module in it.
  ///
  /// - Throws: as ``load(orCompile:)`` does, and where the file cannot be read.
  public func load(orCompileFileAt path: FilePath) throws(CacheError) -> Module { try loadCode(orCompileFileAt: path) }

  /// Loads a component as ``load(orCompile:)`` loads a module.
  ///
  /// - Parameter component: the bytes of a component, in WebAssembly's binary format.
  public func loadComponent(orCompile component: [UInt8]) throws(CacheError) -> Component {
    try loadCode(WasmHash.generate(component)) { () throws(CacheError) in component }
  }

  /// Loads the component in a file as ``load(orCompileFileAt:)`` loads a module.
  public func loadComponent(orCompileFileAt path: FilePath) throws(CacheError) -> Component {
    try loadCode(orCompileFileAt: path)
  }

  private func loadCode<Code: CompiledCode>(orCompileFileAt path: FilePath) throws(CacheError) -> Code {
    try loadCode(hash(ofFileAt: path)) { () throws(CacheError) in try contents(ofFileAt: path) }
  }

  /// - Parameter contents: gives the bytes. By then they may have another hash, because the file has changed.
  private func loadCode<Code: CompiledCode>(
    _ module: WasmHash, contents: () throws(CacheError) -> [UInt8]
  ) throws(CacheError) -> Code {
    let miss: CacheError
    do { return try loadCode(module, backends) } catch { miss = error }
    let bytes = try contents()
    return try compile(bytes, WasmHash.generate(bytes), after: miss)
  }

  private func compile<Code: CompiledCode>(
    _ bytes: [UInt8], _ module: WasmHash, after miss: CacheError
  ) throws(CacheError) -> Code {
    guard let backend = backends.first else { throw .noBackend }
    let part = try part(backend)
    let writer = try? writer(part, part.features)
    let claim = writer.flatMap { waitForClaim(module, $0) }
    let result = Result { () throws(CacheError) -> Code in
      // The process that had the claim may have stored it.
      if let stored = try? loadCode(module, backend) as Code { return stored }
      if let writer, (try? writer.adopt(module)) != nil, let stored = try? loadCode(module, backend) as Code {
        return stored
      }
      return try compile(bytes, module, for: part, storing: writer != nil, after: miss)
    }
    // The claim is held until the module is stored.
    _ = consume claim
    return try result.get()
  }

  private func compile<Code: CompiledCode>(
    _ bytes: [UInt8], _ module: WasmHash, for part: EnginePart, storing: Bool, after miss: CacheError
  ) throws(CacheError) -> Code {
    let begun = MonotonicInstant.now()
    let compiled: (code: Code, artifact: [UInt8])
    do { compiled = try part.compile(bytes) } catch { throw .compile(error) }
    let nanoseconds = Int64(clamping: MonotonicInstant.now().nanoseconds(since: begun))
    guard storing, let stored = try? publish(module, compiled.artifact, of: part.features, in: part) else {
      return compiled.code
    }
    let compilation = Compilation(
      module: module, engine: part.identity.with(part.features).digest, artifact: stored.digest,
      nanoseconds: nanoseconds,
      size: Int64(stored.size), compiled: WallClock.now())
    catalog.remember(compilation, after: miss.missReason)
    return compiled.code
  }

  /// Seconds to wait for another process. After that the module is compiled here, too: it costs time but is never wrong.
  private static let patience = 120.0

  private func waitForClaim(_ module: WasmHash, _ writer: EngineWriter) -> Claim? {
    let deadline = MonotonicInstant.now().adding(seconds: Self.patience)
    var pause: useconds_t = 1_000
    repeat {
      do throws(CacheError) {
        if let claim = try writer.tryClaim(module) { return claim }
      } catch {
        return nil
      }
      // These locks have no waiting with a deadline. So look again, ever less often.
      usleep(pause)
      pause = min(pause * 2, 100_000)
    } while MonotonicInstant.now() < deadline
    return nil
  }
}

extension CacheError {
  /// The reason under which to count the compilation that it led to.
  fileprivate var missReason: MissReason {
    switch self {
    case .missing(_, _, let reason): reason
    case .refused: .refused
    case .invalidated: .engineChanged
    case .invalidFile, .deserialize: .artifactCorrupt
    default: .newModule
    }
  }
}
