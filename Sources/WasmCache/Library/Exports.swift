// Whoever loads modules has to do with engines and with paths: importing WasmCache is all that a host needs to do.
@_exported public import SystemPackage
@_exported public import WasmEngine
