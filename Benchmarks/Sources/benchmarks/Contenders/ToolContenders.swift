internal import Glibc

extension Contender {
  /// The tool with modules that it has never seen.
  ///
  /// - Parameter invalid: how many of them it must refuse, in the engine's words.
  static func compiling(
    _ modules: ModuleTree, with tool: Tool, invalid: Int = 0, name: String = "wasmprecompile"
  ) -> Contender {
    Contender(name: name) {
      {
        let run = try tool.compileAll(modules, invalid: invalid)
        try tool.verify(modules, invalid: invalid)
        let answer = EngineWork.answer(artifactSizes: try tool.artifactSizes())
        return Measurement(run, answer: answer + (try Refusals.ending(of: run, count: invalid)))
      }
    }
  }

  /// The tool with modules that it has never seen, for hosts that one artifact of each suits.
  static func compilingAlike(_ modules: ModuleTree, with tool: Tool) -> Contender {
    Contender(name: "wasmprecompile") {
      {
        let (run, sizes) = try tool.compileAlike(modules)
        return Measurement(run, answer: EngineWork.answer(artifactSizes: sizes))
      }
    }
  }

  /// The tool with modules whose artifacts it has.
  static func upToDate(_ modules: ModuleTree, with tool: Tool) -> Contender {
    Contender(name: "wasmprecompile, \(Quantity.count(modules.count)) modules") {
      try tool.fill(modules)
      return { Measurement(try tool.findNothingToDo(modules)) }
    }
  }

  /// The tool with an empty cache above one that has the modules' artifacts.
  static func upToDate(_ modules: ModuleTree, with tool: Tool, above lower: Tool) -> Contender {
    Contender(name: "wasmprecompile, \(Quantity.count(modules.count)) modules in a lower cache") {
      try lower.fill(modules)
      // The first run checks the artifacts' bytes, and a directory must be left alone for two seconds to be believed.
      sleep(3)
      _ = try tool.findNothingToDo(modules)
      return { Measurement(try tool.findNothingToDo(modules)) }
    }
  }

  /// The tool with modules whose artifacts it has, but not the index that tells it so.
  static func upToDateWithoutIndex(_ modules: ModuleTree, with tool: Tool) -> Contender {
    Contender(name: "wasmprecompile") {
      try tool.fill(modules)
      return {
        try tool.loseIndex()
        return Measurement(try tool.findNothingToDo(modules))
      }
    }
  }
}
