// Programs that get modules ready: through the library, or by what they are held against.
extension Contender {
  /// A host that uses the library, on a cache that an earlier process has checked.
  static func host(_ work: HostCommand.Work, _ modules: ModuleTree, entriesIn tool: Tool) -> Contender {
    Contender(name: "WasmCache") {
      try tool.fillAndCheck(modules)
      let site = tool.site
      let command = [
        site.itself, HostCommand.name, work.rawValue, "--engine", site.engine, "--cache", tool.cache, "--backend",
        tool.backend,
      ]
      return { try measure(command + modules.paths, modules, at: site) }
    }
  }

  /// A host in C that loads the cache's entries by their paths, and checks nothing.
  static func entries(loadedFrom tool: Tool, _ modules: ModuleTree) -> Contender {
    Contender(name: "wasmtime_module_deserialize_file") {
      let program = try hostProgram(at: tool.site)
      let command = [program, "load", tool.site.engine, tool.backend] + (try tool.entryPaths())
      return { try measure(command, modules, at: tool.site) }
    }
  }

  /// A program in C that opens and reads the cache's entries.
  static func entries(readFrom tool: Tool, _ modules: ModuleTree) -> Contender {
    Contender(name: "open + read") {
      let program = try hostProgram(at: tool.site)
      let command = [program, "find", tool.site.engine, tool.backend] + (try tool.entryPaths())
      return { try measure(command, modules, at: tool.site) }
    }
  }

  /// A host in C that compiles with wasmtime's own cache, which has everything.
  static func wasmtimesCache(_ modules: ModuleTree, _ backend: Backend, at site: Site) -> Contender {
    Contender(name: "wasmtime's own cache") {
      let program = try hostProgram(at: site)
      let directory = "\(site.scratch)/caches/wasmtime-\(backend.rawValue)"
      try site.remove(directory)
      try Files.makeDirectory(directory)
      let configuration = "\(site.scratch)/wasmtime-\(backend.rawValue).toml"
      try Files.write("[cache]\ndirectory = \"\(directory)\"\n", to: configuration)
      let command = [program, "cached", site.engine, backend.rawValue, configuration] + modules.paths
      _ = try measure(command, modules, at: site)
      return { try measure(command, modules, at: site) }
    }
  }

  private static func hostProgram(at site: Site) throws -> String {
    let program = "\(site.scratch)/host"
    let compiler = try (try? site.program("cc")) ?? site.program("clang")
    try site.launcher.succeed([compiler, "-O2", "-o", program, "\(site.peers)/host.c", "-ldl"])
    return program
  }

  /// A host tells how many modules it had, and the nanoseconds that took.
  private static func measure(_ command: [String], _ modules: ModuleTree, at site: Site) throws -> Measurement {
    let run = try site.launcher.succeed(command)
    let numbers = run.lastLine.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2, numbers[0] == modules.count else { throw Failure("\(run.name) said: \(run.lastLine)") }
    return Measurement(run, seconds: Double(numbers[1]) / 1e9, answer: "\(numbers[0]) modules")
  }
}

extension ModuleTree {
  fileprivate var paths: [String] { files.map { "\(path)/\($0)" } }
}
