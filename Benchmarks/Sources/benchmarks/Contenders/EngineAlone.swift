extension Contender {
  /// The engine without any tool, on one thread in one process that keeps nothing: what compiling costs at least.
  ///
  /// Measured is its processor time ÷ the number of processors, which is what a perfect division would take.
  ///
  /// - Parameter invalid: how many modules it must refuse; its words for each are a part of the answer then.
  static func engineAlone(
    _ modules: ModuleTree, _ backend: Backend, invalid: Int = 0, at site: Site
  ) -> Contender {
    Contender(name: "engine alone, CPU ÷ \(site.cores)") {
      {
        let options = ["--sequential"] + (invalid > 0 ? ["--going-on"] : [])
        let (run, work) = try runEngine(modules, backend, options, at: site)
        // Its own account leaves out the parser of its arguments, which takes as long as the work where they are 10,000.
        let seconds = Double(work.processorNanoseconds) / 1e9
        let answer = try work.answer + Refusals.ending(of: run, count: invalid)
        return Measurement(run, seconds: seconds / Double(site.cores), processorSeconds: seconds, answer: answer)
      }
    }
  }

  /// The engines of several hosts alone, one process after the other: the sum of what each of them takes at least.
  static func enginesAlone(_ modules: ModuleTree, _ backend: Backend, for hosts: HostSet, at site: Site) -> Contender {
    Contender(name: "engines alone, CPU ÷ \(site.cores)") {
      {
        var total = EngineWork()
        var last: ProcessRun?
        for host in hosts.hosts {
          let settings = host.settings.flatMap { ["--setting", $0] }
          let (run, work) = try runEngine(modules, backend, ["--sequential"] + settings, host.engine, at: site)
          total.artifacts += work.artifacts
          total.artifactBytes += work.artifactBytes
          total.processorNanoseconds += work.processorNanoseconds
          last = run
        }
        guard let last else { throw Failure("there are no hosts") }
        let seconds = Double(total.processorNanoseconds) / 1e9 / Double(site.cores)
        return Measurement(last, seconds: seconds, answer: total.answer)
      }
    }
  }

  /// The engine without any tool in as many processes as there are processors, each on one thread, which share the modules and keep
  /// nothing: what this machine can do at best with all its processors.
  static func engineOnEach(_ modules: ModuleTree, _ backend: Backend, for hosts: HostSet? = nil, at site: Site)
    -> Contender
  {
    Contender(name: "engine alone, \(site.cores) processes") {
      {
        var seconds = 0.0
        var total = EngineWork()
        var last: ProcessRun?
        for host in hosts?.hosts.map({ ($0.engine, $0.settings) }) ?? [(site.engine, [])] {
          let options = ["--processes", "\(site.cores)"] + host.1.flatMap { ["--setting", $0] }
          let (run, work) = try runEngine(modules, backend, options, host.0, at: site)
          total.artifacts += work.artifacts
          total.artifactBytes += work.artifactBytes
          seconds += Double(run.nanoseconds) / 1e9
          last = run
        }
        guard let last else { throw Failure("there are no hosts") }
        return Measurement(last, seconds: seconds, answer: total.answer)
      }
    }
  }

  /// One process that compiles a module after the other, each with the engine's own threads, and keeps nothing.
  static func engineParallel(_ modules: ModuleTree, _ backend: Backend, at site: Site) -> Contender {
    Contender(name: "engine's own parallel compilation") {
      {
        let (run, work) = try runEngine(modules, backend, [], at: site)
        return Measurement(run, answer: work.answer)
      }
    }
  }

  /// A host without a cache, which compiles when it starts, with the engine's own threads.
  static func engineInstead(_ modules: ModuleTree, _ backend: Backend, at site: Site) -> Contender {
    Contender(name: "compiling, engine's own threads") {
      { Measurement(try runEngine(modules, backend, [], at: site).0) }
    }
  }

  private static func runEngine(
    _ modules: ModuleTree, _ backend: Backend, _ options: [String], _ engine: String? = nil, at site: Site
  ) throws -> (ProcessRun, EngineWork) {
    let files = modules.files.map { "\(modules.path)/\($0)" }
    let command = [
      site.itself, EngineAloneCommand.name, "--engine", engine ?? site.engine, "--backend", backend.rawValue,
    ]
    let run = try site.launcher.succeed(command + options + files)
    return (run, try EngineWork(line: run.lastLine))
  }
}
