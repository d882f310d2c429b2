internal import ArgumentParser
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

struct PathCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Print the path of a module's artifact, for a runtime to load.",
    discussion: """
      One line for each backend, in the order given. If the cache has no artifact, the reason is printed and the exit status \
      is 1; with --compile it is made first.
      """)

  @Argument(help: "A module.")
  var module: PathArgument

  @Flag(help: "Compile the module if the cache does not have it.")
  var compile = false

  @OptionGroup(title: "Compiler options") var compiler: CompilerOptions
  @OptionGroup(title: "Where things are") var engine: EngineOptions
  @OptionGroup(title: "Where things are") var cache: CacheOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup(title: "Limits") var sandbox: SandboxOptions

  var place: FilePath? { module.path }

  mutating func fill(from configuration: Configuration) {
    compiler.fill(from: configuration)
    engine.fill(from: configuration)
    cache.fill(from: configuration)
    limits.fill(from: configuration)
    sandbox.fill(from: configuration)
  }

  func run() throws {
    var request = PrecompileRequest(
      roots: [module.path], settings: compiler.settings, engines: engine.search, cachePath: try cache.path(),
      lanes: AvailableProcessors.count())
    request.purpose = compile ? .compile : .dryRun
    request.cacheTrust = cache.trust
    limits.bound(&request, sandbox)
    if compile { Parallelism(jobs: nil, under: .ofThisProcess).apply(to: &request) }
    // One file is soon read, and time stamps do not show every change: a writer through mmap may leave them as they were.
    request.rehash = true
    let cancellation = Cancellation()
    let interruption = Interruption(cancelling: cancellation, in: request)
    let reporter = RunReporter(Verbosity(isQuiet: true))
    let summary: RunSummary
    do {
      summary = try Precompiler(request, observer: reporter, cancellation: cancellation).run()
    } catch {
      interruption.dieIfReceived()
      throw RunFailure(error)
    }
    interruption.dieIfReceived()
    guard summary.exitStatus == .success else { throw summary.exitStatus }
    if summary.plan.contents.isEmpty {
      Output.error.write("\(module.path.printable): error: is a directory without modules\n")
      throw ExitStatus.moduleFailed
    }
    if !compile && !summary.plan.jobs.isEmpty {
      for job in summary.plan.jobs { Output.error.write(complaint(job, summary.engines[job.engine].settings)) }
      throw ExitStatus.moduleFailed
    }
    for content in summary.plan.contents {
      for directory in summary.directories {
        guard let directory else { continue }
        directory.recordUse(of: content.facts.hash, now: WallClock.now())
        Output.standard.write(directory.entryPath(content.facts.hash).bytes + [UInt8(ascii: "\n")])
      }
    }
  }

  private func complaint(_ job: Job, _ settings: EngineSettings) -> String {
    "\(module.path.printable): error: the cache has no artifact for \(settings): \(job.reason.rawValue); "
      + "make it with --compile\n"
  }
}
