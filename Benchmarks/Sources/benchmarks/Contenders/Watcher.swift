internal import Glibc
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

extension Contender {
  /// The tool while it watches: from close(2) of a small module that changed to its entry in the cache.
  static func watching(at site: Site) -> Contender {
    Contender(name: "wasmprecompile --watch") {
      let tool = Tool(at: site, cache: "watched", .winch)
      let tree = "\(site.scratch)/watched"
      try site.remove(tool.cache)
      try site.remove(tree)
      try Files.makeDirectory(tree)
      try Files.write(ModuleTree.adder(of: -1).bytes, to: "\(tree)/changing.wasm")
      let watcher = try tool.watch(tree)
      try watcher.wait(for: "ready: watching 1 module\n")
      let engines = "\(tool.cache)/v1/engines"
      let entries = try NameWatch("\(engines)/\(try Files.names(in: engines)[0])")
      var number = 0
      return {
        number += 1
        watcher.skip()
        let module = ModuleTree.adder(of: number).bytes
        let entry = "\(WasmHash.generate(module).encode()).cwasm"
        let file = open("\(tree)/changing.wasm", O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard file >= 0, write(file, module, module.count) == module.count else { throw Failure(systemCall: "write") }
        let start = Clock.wall
        close(file)
        try entries.wait(for: entry)
        return Measurement(seconds: Double(Clock.wall - start) / 1e9)
      }
    }
  }

  /// The engine in this process with modules like those that the watcher meets, one a round.
  static func engineWithOneModule(at site: Site) -> Contender {
    Contender(name: "engine alone") {
      let library = try EngineLibrary(path: FilePath(site.engine))
      let engine = try Engine(library: library, settings: EngineSettings(backend: .winch), parallel: false)
      var number = 1 << 20
      return {
        number += 1
        let module = ModuleTree.adder(of: number).bytes
        let start = Clock.wall
        try module.withUnsafeBytes { bytes in
          let size = try engine.compile(bytes, as: .coreModule) { $0.count }
          guard size > 0 else { throw Failure("the engine gave nothing") }
        }
        return Measurement(seconds: Double(Clock.wall - start) / 1e9)
      }
    }
  }

  /// The tool from its start until it says that it watches a tree without modules.
  static func settingUp(_ tree: String, at site: Site) -> Contender {
    Contender(name: "wasmprecompile --watch") {
      let tool = Tool(at: site, cache: "set-up", .winch)
      return {
        let start = Clock.wall
        let watcher = try tool.watch(tree)
        try watcher.wait(for: "ready: watching 0 modules\n")
        return Measurement(seconds: Double(Clock.wall - start) / 1e9)
      }
    }
  }

  /// `inotifywait -m -r` from its start until it says that it watches.
  static func inotifywait(_ tree: String, at site: Site) -> Contender {
    Contender(name: "inotifywait -m -r") {
      let program = try site.program("inotifywait")
      return {
        let start = Clock.wall
        let watcher = try RunningProgram([program, "-m", "-r", tree], environment: site.launcher.environment)
        try watcher.wait(for: "Watches established.")
        return Measurement(seconds: Double(Clock.wall - start) / 1e9)
      }
    }
  }
}

extension Tool {
  fileprivate func watch(_ path: String) throws -> RunningProgram {
    try RunningProgram(
      [site.tool, "--watch", "--cache-dir", cache, "--backend", backend, path],
      environment: site.launcher.environment)
  }
}
