import WasmCache

let paths = CommandLine.arguments.dropFirst().map { FilePath($0) }
let engine = try EngineLibrary(path: paths[0])
let cache = try FileSystemCache(directory: paths[1], engine: engine)

let module = try cache.load(orCompileFileAt: paths[2])

let instance = try Instance(module)
let result = try instance.call("gcd", [.i64(1071), .i64(462)])
print(result[0])
