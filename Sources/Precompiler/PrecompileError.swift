package import WasmCache
package import WasmEngine

/// Why a run could not be done at all.
package enum PrecompileError: Error, Sendable {
  case compilerUnusable(CompilerUnusable)
  case backendUnavailable(CompileWish, EngineLocation, BackendUnavailable)
  case cache(CacheError)
}
