internal import CWasmtime
internal import Synchronization

/// A compiler whose artifacts assume as little of WebAssembly as each module needs, if its settings say so.
///
/// Any thread may use it.
package final class ModuleCompiler: Sendable {
  package let library: EngineLibrary
  package let settings: EngineSettings
  /// The engine of a host with these settings. It loads what is compiled.
  package let host: Engine
  /// What the host's engine says of itself, when it was asked.
  private let known = Mutex<CompatibilityRecord?>(nil)
  /// Engines with less, made when they are first needed.
  private let engines = Mutex<[Variant: Engine]>([:])

  private struct Variant: Hashable {
    let level: FeatureLevel
    let kind: ModuleKind
    let isParallel: Bool
  }

  /// Makes the host's engine, for compiling on one thread.
  package init(library: EngineLibrary, settings: EngineSettings) throws(EngineError) {
    self.library = library
    self.settings = settings
    host = try Engine(library: library, settings: settings, parallel: false)
  }

  /// The host's engine's account of itself; asked for once.
  package func record() throws(EngineError) -> CompatibilityRecord {
    if let known = known.withLock({ $0 }) { return known }
    let record = try host.compatibilityRecord()
    known.withLock { $0 = record }
    return record
  }

  /// Compiles a module at the lowest level at which it is valid, and gives the artifact's bytes to `body`.
  ///
  /// - Throws: the host's engine's reason, if that cannot compile it either.
  package func compile<Result>(
    _ module: UnsafeRawBufferPointer, as kind: ModuleKind, parallel: Bool, body: (UnsafeRawBufferPointer) -> Result
  ) throws(EngineError) -> Result {
    var levels = try FeatureLevel.levels(for: kind, settings.features, host: record())[...]
    if levels.count > 1 && isWorthATry(module, kind) {
      let lowest = try engine(levels.removeFirst(), kind, parallel)
      do throws(EngineError) { return try lowest.compile(module, as: kind, body: body) } catch {
        // A module that is valid here was refused for another reason, and would be again.
        guard case .invalidModule = error, kind == .component || !lowest.isValid(module) else { throw error }
      }
    }
    for level in levels where level != .all {
      let engine = try engine(level, kind, parallel)
      if engine.isValid(module) { return try engine.compile(module, as: kind, body: body) }
    }
    return try engine(.all, kind, parallel).compile(module, as: kind, body: body)
  }

  /// Whether the lowest level is tried without a look at whether the module is valid there.
  ///
  /// To look takes 0.5 % of the time that Cranelift takes, and 2 to 4 % of Winch's. A try in vain takes at worst as long as
  /// the compilation: what a module lacks may be in its last function.
  private func isWorthATry(_ module: UnsafeRawBufferPointer, _ kind: ModuleKind) -> Bool {
    if kind == .component { return true }
    return DeclaredFeatures(module)?.areBasic ?? (settings.backend == .winch)
  }

  private func engine(_ level: FeatureLevel, _ kind: ModuleKind, _ isParallel: Bool) throws(EngineError) -> Engine {
    if level == .all && !isParallel { return host }
    let variant = Variant(level: level, kind: kind, isParallel: isParallel)
    if let known = engines.withLock({ $0[variant] }) { return known }
    let made = try Engine(
      library: library, settings: settings, level: level, for: kind, parallel: isParallel)
    engines.withLock { $0[variant] = made }
    return made
  }
}

extension Engine {
  /// Whether a core module is valid with the engine's features.
  fileprivate func isValid(_ module: UnsafeRawBufferPointer) -> Bool {
    let start = module.bindMemory(to: UInt8.self).baseAddress
    return library.message(taking: library.api.table.module_validate(handle, start, module.count)) == nil
  }
}
