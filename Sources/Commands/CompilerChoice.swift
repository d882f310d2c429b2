internal import Precompiler
internal import WasmEngine
internal import WasmtimeToolchain

/// A command's choice of compiler: where it is looked for, and what is asked of it.
struct CompilerChoice: Sendable {
  let search: EngineSearch
  /// One for each backend.
  let settings: [EngineSettings]
  var options = WasmtimeToolchain.Options()

  /// Runs the precompiler with the compiler as it is found now.
  func run(
    _ request: PrecompileRequest, observer: any RunObserver, _ cancellation: Cancellation
  ) throws(RunFailure) -> RunSummary {
    let toolchain = try findWasmtime(cancellation)
    do {
      return try Precompiler(request, with: [toolchain], observer: observer, cancellation: cancellation).run()
    } catch {
      throw RunFailure(error)
    }
  }

  /// Finds the compiler as it is now.
  func findWasmtime(_ cancellation: Cancellation) throws(RunFailure) -> WasmtimeToolchain {
    let engine: EngineFile
    do { engine = try search.find() } catch { throw RunFailure(error) }
    return WasmtimeToolchain(engine, settings: settings, options: options, cancellation: cancellation)
  }
}
