extension Contender {
  /// A C program that walks the tree and asks for each module's status: what any tool must do at least.
  static func walk(_ modules: ModuleTree, at site: Site) -> Contender {
    Contender(name: "walk.c") {
      let program = "\(site.scratch)/walk"
      let compiler = try (try? site.program("cc")) ?? site.program("clang")
      try site.launcher.succeed([compiler, "-O2", "-o", program, "\(site.peers)/walk.c"])
      return {
        let run = try site.launcher.succeed([program, modules.path])
        guard run.lastLine.hasPrefix("\(modules.count) modules, ") else { throw Failure("walk said: \(run.lastLine)") }
        return Measurement(run)
      }
    }
  }
}
