// A host that loads modules uses engines and paths, too. It only has to import WasmCache.
@_exported public import SystemPackage
@_exported public import WasmEngine
