internal import ArgumentParser
internal import CLinux
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmtimeToolchain

/// What the program does without a subcommand: precompile files and directories into the cache.
struct PrecompileCommand: ConfiguredCommand, ColoredCommand {
  static let configuration = CommandConfiguration(
    commandName: Tool.name,
    abstract: "Compile WebAssembly modules ahead of time into a cache that runtimes load from.",
    usage: "\(Tool.name) [<options>] <path> ...",
    discussion: """
      Files that end in .wasm are found below directories; a file that is named is taken whatever its suffix. Components are \
      compiled as such. Modules that the cache has are left alone. A bad module fails alone: everything else is done, and the exit status is 1.
      """, version: Tool.version)

  @Argument(help: "Files and directories; - for a list of them on standard input.")
  var path: [PathArgument] = []

  @OptionGroup(title: "Compiler options") var compiler: CompilerOptions
  @OptionGroup(title: "Where things are") var engine: EngineOptions
  @OptionGroup(title: "Where things are") var cache: CacheOptions
  @OptionGroup(title: "Where things are") var room: CacheSizeOptions
  @OptionGroup(title: "What is taken") var lists: ListOptions
  @OptionGroup(title: "What is taken") var selection: SelectionOptions
  @OptionGroup(title: "How it is done") var execution: ExecutionOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup(title: "Limits") var sandbox: SandboxOptions
  @OptionGroup(title: "For build tools") var outputs: OutputOptions
  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "What is shown") var verbosity: VerbosityOptions
  @OptionGroup(title: "What is shown") var color: ColorOptions
  @OptionGroup(title: "What is shown") var format: FormatOptions
  @OptionGroup(title: "What is shown") var drawing: TimingOptions

  func validate() throws {
    for name in path.map({ $0.path.string }) where Subcommands.names.contains(name) && access(name, F_OK) != 0 {
      throw ValidationError("'\(name)' is a subcommand: put it first, before its options")
    }
    if path.isEmpty && lists.filesFrom.isEmpty { throw ValidationError("Missing expected argument '<path> ...'") }
    try lists.validate(with: path)
    if watching.watch && (execution.purpose != .compile || execution.force || execution.failFast) {
      throw ValidationError("--watch goes with none of --dry-run, --check, --frozen, --force and --fail-fast")
    }
    if watching.watch && !drawing.isEmpty { throw ValidationError("--watch goes with neither --timings nor --trace") }
    if watching.watch && selection.followLinks {
      throw ValidationError("--watch goes without --follow-links: name the directories that links lead to")
    }
    if watching.watch && !outputs.isEmpty {
      throw ValidationError(
        "--watch goes with none of --output, --stamp and --depfile: let --exec run wasmprecompile with them")
    }
  }

  var place: FilePath? { path.first?.path }
  var palette: Palette { color.palette }

  mutating func fill(from configuration: Configuration) {
    compiler.fill(from: configuration)
    engine.fill(from: configuration)
    cache.fill(from: configuration)
    room.fill(from: configuration)
    selection.fill(from: configuration)
    execution.fill(from: configuration)
    limits.fill(from: configuration)
    sandbox.fill(from: configuration)
    watching.fill(from: configuration)
    color.fill(from: configuration)
  }

  func run() throws {
    Descriptor.reserve()
    // Threads by the dozen need little memory, and `ulimit -v` may not grant them more.
    clinux_share_heap()
    let make = MakeFlags.ofThisProcess
    // What make would only say, a watcher is not to do either.
    if watching.watch && !make.isDryRun && !make.isQuestion {
      return try WatchSession(
        request: makeRequest(), compilers: compilers, options: watching,
        reporter: makeWatchReporter(isQuiet: make.isSilent)
      ).run()
    }
    // A run is short: what it frees, it needs again.
    clinux_keep_freed_memory()
    var request = try makeRequest()
    if request.purpose == .compile {
      if make.isQuestion { request.purpose = .check } else if make.isDryRun { request.purpose = .dryRun }
    }
    if !request.purpose.onlyLooks { Parallelism(jobs: execution.jobs, under: make).apply(to: &request) }
    try drawing.requirePlaces(whenMade: [request.caches.path] + (outputs.output.map { [$0.path] } ?? []))
    let timings = drawing.isEmpty ? nil : RunTimings()
    request.timings = timings
    let cancellation = Cancellation()
    let interruption = Interruption(cancelling: cancellation, in: request)
    // For as long as the process lives: to end its thread first takes longer than much of a run with nothing to do.
    _ = Unmanaged.passRetained(interruption)
    let reporter = makeReporter(isQuiet: make.isSilent)
    let summary: RunSummary
    do {
      summary = try compilers.run(request, observer: reporter, cancellation)
    } catch {
      interruption.dieIfReceived(after: reporter.clearStatus)
      reporter.report(error)
      throw error
    }
    interruption.dieIfReceived(after: reporter.clearStatus)
    let report = try makeOutputs(request.input.roots).write(summary)
    EvictionStage(after: summary, limit: request.caches.sizeLimit).run(reporter)
    interruption.dieIfReceived()
    reporter.report(report)
    reporter.report(summary)
    if let timings { try drawing.write(summary, timings) }
    let status = summary.exitStatus.merged(with: report.status)
    if status != .success { throw status }
  }

  private func makeReporter(isQuiet: Bool) -> any RunReporting {
    format.isJSON
      ? JSONRunReporter(JSONLines("precompile")) : RunReporter(level(isQuiet: isQuiet), palette: palette)
  }

  /// - Parameter isQuiet: what holds unless the user asks to be told more.
  private func level(isQuiet: Bool) -> Verbosity {
    var level = verbosity.level
    level.isQuiet = level.isQuiet || isQuiet && !level.isVerbose && !level.explains
    return level
  }

  private func makeWatchReporter(isQuiet: Bool) -> any WatchReporting {
    format.isJSON
      ? JSONWatchReporter(JSONLines("watch"))
      : WatchReporter(level(isQuiet: isQuiet), palette: palette, clearsScreen: watching.clear)
  }

  private func makeOutputs(_ roots: [FilePath]) throws(RunFailure) -> BuildOutputs {
    let files = outputs.depfile == nil ? [] : try Configuration.files(for: place ?? ".")
    return BuildOutputs(options: outputs, roots: roots, configuration: files)
  }

  private func makeRequest() throws(RunFailure) -> PrecompileRequest {
    var input = RunInput(try lists.roots(path))
    input.excludes = selection.exclude.map { ExcludePattern(bytes: $0.bytes) }
    input.followLinks = selection.followLinks
    input.namesDirectories = outputs.depfile != nil
    var caches = try cache.places()
    caches.sizeLimit = room.maxSize.map { Int64($0.bytes) }
    var work = WorkPolicy(lanes: execution.jobs ?? AvailableProcessors.count())
    work.failFast = execution.failFast
    work.force = execution.force
    work.rehash = execution.rehash
    var request = PrecompileRequest(input, caches: caches, work: work)
    request.limits = limits.modules
    request.purpose = execution.purpose
    return request
  }

  private var compilers: CompilerChoice {
    var choice = CompilerChoice(search: engine.search, settings: compiler.settings)
    choice.options.confinement = limits.confinement(sandbox)
    return choice
  }
}

extension RunSummary {
  var exitStatus: ExitStatus {
    let modules: ExitStatus = hasFailures || isWanting ? .moduleFailed : .success
    return modules.merged(with: storageFailed ? .cacheUnwritable : .success)
  }
}
