extension Contender {
  /// `openssl dgst -sha256` over the modules, which uses one processor.
  ///
  /// - Parameter tool: its cache must have an entry for each of the hashes.
  static func openssl(_ modules: ModuleTree, entriesIn tool: Tool) -> Contender {
    Contender(name: "openssl dgst -sha256") {
      let openssl = try tool.site.program("openssl")
      let command = [openssl, "dgst", "-sha256", "-r"] + modules.files.map { "\(modules.path)/\($0)" }
      let entries = try tool.entries()
      return {
        let run = try tool.site.launcher.succeed(command)
        let hashes = run.output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
        guard hashes.count == modules.count, hashes.allSatisfy({ entries[$0] != nil }) else {
          throw Failure("openssl's hashes are not those that the tool knows the modules by")
        }
        return Measurement(run)
      }
    }
  }
}
