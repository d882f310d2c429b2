import WasmCache

let paths = CommandLine.arguments.dropFirst().map { FilePath($0) }
let engine = try EngineLibrary(path: paths[0])
let cache = try FileSystemCache(directory: paths[1], engine: engine, access: .readOnly)
