extension Contender {
  /// `git status` on a tree that is as it was committed.
  static func gitStatus(_ modules: ModuleTree, at site: Site) -> Contender {
    Contender(name: "git status") {
      let git = try site.program("git")
      // The repository's directory is elsewhere, so that nobody else walks it.
      let directory = try site.directory("git-\(modules.count)") { directory in
        let command = [git, "--git-dir", directory, "--work-tree", modules.path]
        try site.launcher.succeed(command + ["init", "--quiet"])
        try site.launcher.succeed(command + ["add", "--all"])
        // Without automatic gc, which would go on in the background.
        let settings = ["user.name=benchmarks", "user.email=benchmarks@localhost", "gc.auto=0"].flatMap { ["-c", $0] }
        try site.launcher.succeed(command + settings + ["commit", "--quiet", "--message", "modules"])
        try site.launcher.succeed(command + ["gc", "--quiet"])
      }
      site.settle()
      let command = [git, "--git-dir", directory, "--work-tree", modules.path, "status"]
      return {
        let run = try site.launcher.succeed(command)
        guard run.lastLine == "nothing to commit, working tree clean" else {
          throw Failure("git status said: \(run.lastLine)")
        }
        return Measurement(run)
      }
    }
  }
}
