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

  /// Compiles a module at the lowest level at which it is valid, and gives the artifact's bytes to `body`.
  ///
  /// Nearly all modules are valid at the first level, so that it is tried without a look. Only a module that is refused is
  /// looked at once more.
  ///
  /// - Throws: the host's engine's reason, if that cannot compile it either.
  package func compile<Result>(
    _ module: UnsafeRawBufferPointer, as kind: ModuleKind, parallel: Bool, body: (UnsafeRawBufferPointer) -> Result
  ) throws(EngineError) -> Result {
    let levels = FeatureLevel.levels(for: kind, settings.features)
    do throws(EngineError) {
      return try engine(levels[0], kind, parallel).compile(module, as: kind, body: body)
    } catch {
      guard levels.count > 1, case .invalidModule = error else { throw error }
      // A module that is valid here was refused for another reason, and would be again.
      if kind == .coreModule, try engine(levels[0], kind, parallel).isValid(module) { throw error }
    }
    for level in levels.dropFirst() {
      let engine = try engine(level, kind, parallel)
      if level == .all || engine.isValid(module) { return try engine.compile(module, as: kind, body: body) }
    }
    throw .unsupportedSettings(reason: "there is no level of features")
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
