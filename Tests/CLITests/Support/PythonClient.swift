import Testing

/// Python's wasmtime: a client that shares no code with us and loads what the tool stored.
struct PythonClient {
  let release: EngineRelease

  /// An artifact to load: with an engine set up for which backend, and what to do with it.
  struct Artifact {
    var backend = "cranelift"
    /// `value` calls our module's only function, `module` and `component` only load; otherwise the name of one of the
    /// modules of Examples/.
    var use: String
    var path: String
  }

  /// Loads each artifact with `deserialize_file`, and gives a line for each: what its function gave, or `loaded`.
  ///
  /// - Parameter wrapper: a command in front of Python's.
  func load(
    _ artifacts: [Artifact], in sandbox: Sandbox, through wrapper: [Argument] = [],
    _ location: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let list = artifacts.map { "\($0.backend) \($0.use) \($0.path)\n" }.joined()
    try sandbox.write(list, to: "../artifacts.txt")
    var python = sandbox.command("python3", ["-c", Argument(Self.script), "../artifacts.txt"])
    _ = try release.library()
    python.environment["PYTHONPATH"] = release.pythonPath
    python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    let result = try python.wrapped(in: wrapper).run(location)
    #expect(result.ending == .exited(0), "\(result.errors)", sourceLocation: location)
    return result.outputLines
  }

  private static let script = """
    import array, sys, wasmtime
    import wasmtime._ffi as ffi

    def engine(backend):
        config = wasmtime.Config()
        # The package knows winch's number, but has no name for it.
        if backend == "winch": ffi.wasmtime_config_strategy_set(config.ptr(), 2)
        if backend == "pulley": config.target = "pulley64"
        return wasmtime.Engine(config)

    def dot(store, call, memory):
        memory.write(store, array.array("h", range(16)).tobytes(), 0)
        memory.write(store, array.array("h", range(-8, 8)).tobytes(), 32)
        return call["dot"](store, 0, 32, 16)

    def sha256(store, call, memory):
        memory.write(store, b"abc", call["message"](store))
        digest = call["sha256"](store, 3)
        return memory.read(store, digest, digest + 32).hex()

    def slug(store, call, memory):
        title, text = b"  Hello, World! (2 of 3)", call["text"](store)
        memory.write(store, title, text)
        return memory.read(store, text, text + call["slug"](store, len(title))).decode()

    uses = {
        "dot": dot,
        "gcd": lambda store, call, memory: call["gcd"](store, 1071, 462),
        "mandelbrot": lambda store, call, memory: call["points_inside"](store, 200, 100),
        "primes": lambda store, call, memory: call["primes_below"](store, 100000),
        "sha256": sha256,
        "slug": slug,
        "value": lambda store, call, memory: call["value"](store),
    }
    engines = {}
    for line in open(sys.argv[1]):
        backend, use, path = line.rstrip("\\n").split(" ", 2)
        if backend not in engines: engines[backend] = engine(backend)
        if use == "component":
            from wasmtime.component import Component
            Component.deserialize_file(engines[backend], path)
            print("loaded")
            continue
        module = wasmtime.Module.deserialize_file(engines[backend], path)
        if use == "module":
            print("loaded")
            continue
        store = wasmtime.Store(engines[backend])
        exports = wasmtime.Instance(store, module, []).exports(store)
        memory = exports["memory"] if "memory" in [one.name for one in module.exports] else None
        print(uses[use](store, exports, memory))

    """
}
