extension Contender {
  /// ninja with an edge for each module and nothing to build.
  static func ninja(_ modules: ModuleTree, at site: Site) -> Contender {
    Contender(name: "ninja") {
      let program = try ninjaProgram(at: site)
      let directory = try site.directory("ninja-\(modules.count)") { directory in
        try Files.write(manifest(modules), to: "\(directory)/build.ninja")
      }
      // The first time, this makes the outputs, all of them empty.
      try site.launcher.succeed([program, "-C", directory, "--quiet"])
      site.settle()
      return {
        let run = try site.launcher.succeed([program, "-C", directory])
        guard run.lastLine == "ninja: no work to do." else { throw Failure("ninja said: \(run.lastLine)") }
        return Measurement(run)
      }
    }
  }

  private static func manifest(_ modules: ModuleTree) -> String {
    let edges = modules.files.map { "build \($0).out: precompile \(modules.path)/\($0)\n" }
    return "rule precompile\n  command = : > $out\n" + edges.joined()
  }

  /// Unpacks the pinned wheel from PyPI; its script `ninja` is the program itself.
  private static func ninjaProgram(at site: Site) throws -> String {
    let directory = try site.directory("ninja-program") { directory in
      let pip = [try site.program("python3"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
      try site.launcher.succeed(
        pip + ["--only-binary", ":all:", "--target", directory, "--requirement", "\(site.peers)/requirements.txt"])
    }
    return "\(directory)/bin/ninja"
  }
}
