internal import Glibc

extension Benchmark {
  /// What was just written, modules and cache alike, must be believed as soon as it can be.
  static let afterCold = Benchmark(
    name: "after-cold", title: "the run right after a cold one of 10,000 new modules", rounds: 5, diskBytes: 900_000_000
  ) { site in
    let modules = try ModuleTree.small(10_000, at: site, place: "just-written")
    let tool = Tool(at: site, cache: "after-cold", .winch)
    return Contest(
      ours: .rightAfterCold(modules, with: tool),
      peers: [Peer(.longAfterCold(modules, with: tool), .ratio(atMost: 1.3))])
  }
}

extension Contender {
  /// The tool right after it has compiled modules that were written just before.
  fileprivate static func rightAfterCold(_ modules: ModuleTree, with tool: Tool) -> Contender {
    Contender(name: "right after") {
      {
        try modules.rewrite()
        _ = try tool.compileAll(modules)
        return Measurement(try tool.findNothingToDo(modules))
      }
    }
  }

  /// The tool when nothing was written for a while, and it has run since.
  fileprivate static func longAfterCold(_ modules: ModuleTree, with tool: Tool) -> Contender {
    Contender(name: "later") {
      {
        // What was written less than two seconds before is never taken for what it was.
        sleep(3)
        _ = try tool.findNothingToDo(modules)
        return Measurement(try tool.findNothingToDo(modules))
      }
    }
  }
}
