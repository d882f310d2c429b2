internal import ArgumentParser
internal import CLinux
internal import Exporting
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmtimeToolchain

/// The program without a subcommand: precompiles files and directories into the cache.
struct PrecompileCommand: QuickCommand, ColoredCommand {
  static let configuration = CommandConfiguration(
    commandName: Program.name,
    abstract: "Compile WebAssembly modules ahead of time into a cache that runtimes load from.",
    usage: "\(Program.name) [<options>] <path> ...",
    discussion: """
      Files that end in .wasm are found below directories; a file that is named is taken whatever its suffix. Components are \
      compiled as such. Modules that the cache has are left alone. A bad module fails alone: everything else is done, and the exit status is 1.
      """, version: Program.version)

  @OptionGroup @ParsedOptions var invocation: PrecompileInvocation

  static let words = "path"
  var parsed: ParsedOptions<PrecompileInvocation> {
    get { _invocation.wrappedValue }
    set { _invocation.wrappedValue = newValue }
  }

  var place: FilePath? { invocation.place }
  var palette: Palette { invocation.color.palette }

  func run() throws {
    Descriptor.reserve()
    // Threads by the dozen need little memory, and `ulimit -v` may not grant them more.
    clinux_share_heap()
    let make = MakeFlags.ofThisProcess
    // A make that only says what it would do must not start a watcher.
    if invocation.watching.watch && !make.isDryRun && !make.isQuestion { return try watch(under: make) }
    // A run is short: it needs the memory that it frees again.
    clinux_keep_freed_memory()
    let reporter = makeReporter(under: make)
    var request = try makeRequest(under: make)
    if make.isDryRun && !leaveOutMissing(&request.input, reporter) { return }
    if Self.hasNoEffect(request, invocation) {
      reporter.record(.warned(SandboxOptions.complaint(about: invocation.sandbox.maxMemory)))
    }
    let status = try precompile(request, reporter)
    if status != .success { throw status }
  }

  // MARK: Once

  private func makeRequest(under make: MakeFlags) throws(RunFailure) -> PrecompileRequest {
    var request = try invocation.request()
    if request.purpose == .compile {
      if make.isQuestion { request.purpose = .check } else if make.isDryRun { request.purpose = .dryRun }
    }
    if !request.purpose.onlyLooks { Parallelism(jobs: invocation.execution.jobs, under: make).apply(to: &request) }
    let drawing = invocation.drawing
    try drawing.requirePlaces(whenMade: [request.caches.path] + (invocation.outputs.output.map { [$0.path] } ?? []))
    if !drawing.isEmpty { request.timings = RunTimings() }
    return request
  }

  /// Under `make -n`, what is not there yet is what the commands before would have made.
  ///
  /// - Returns: whether anything is left.
  private func leaveOutMissing(_ input: inout RunInput, _ reporter: any RunReporting) -> Bool {
    var isMissing: [FilePath] = []
    input.roots.removeAll { root in
      do throws(SystemError) {
        _ = try Descriptor.status(of: root)
        return false
      } catch {
        guard error.errno == .noSuchFileOrDirectory else { return false }
        isMissing.append(root)
        return true
      }
    }
    for root in isMissing {
      if invocation.format.isJSON {
        reporter.record(.noted("\(root.printable): would be looked at, and is not there yet"))
      } else {
        Output.standard.write("would look at \(root.printable), which is not there yet\n")
      }
    }
    return isMissing.isEmpty || !input.roots.isEmpty
  }

  private static func hasNoEffect(_ request: PrecompileRequest, _ invocation: PrecompileInvocation) -> Bool {
    !request.purpose.onlyLooks && invocation.sandbox.maxMemory.bytes < SandboxOptions.smallestMemory
  }

  private func precompile(_ request: PrecompileRequest, _ reporter: any RunReporting) throws -> ExitStatus {
    // The signal thread lives on: to end it first takes longer than much of a run with nothing to do.
    let work = InterruptibleWork(in: request, livesOn: true)
    let summary: RunSummary
    do {
      let cleanUp = { (interrupted: RunSummary?) in
        if let interrupted { reporter.report(interrupted: interrupted) } else { reporter.clearStatus() }
      }
      summary = try work.run(cleanUp: cleanUp) {
        try invocation.compilers.run(request, observer: reporter, work.cancellation)
      }
    } catch let failure as RunFailure {
      reporter.report(failure)
      throw failure
    }
    let outputs = try makeOutputs(request, work.cancellation)
    let report = try work.run {
      var remade = 0
      var report = outputs.write(summary) { lost, wasMade in
        for one in lost where one.isCorrupt {
          reporter.record(.warned("the cache's artifact of \(one.module.printable) was corrupt: it is made again"))
        }
        var again = request
        again.input.roots = lost.map(\.module)
        let observer = MadeObserver(wasMade: wasMade)
        defer { remade += observer.compiled }
        _ = try invocation.compilers.run(again, observer: observer, work.cancellation)
      }
      report.remade = remade
      return report
    }
    EvictionStage(after: summary, limit: request.caches.sizeLimit).run(reporter)
    reporter.report(report)
    reporter.report(summary)
    if let timings = request.timings { try invocation.drawing.write(summary, timings, lanes: request.work.lanes) }
    return summary.exitStatus.merged(with: report.status)
  }

  private func makeOutputs(
    _ request: PrecompileRequest, _ cancellation: Cancellation
  ) throws(RunFailure) -> BuildOutputs {
    let files = invocation.outputs.depfile == nil ? [] : try Configuration.files(for: place ?? ".")
    return BuildOutputs(
      options: invocation.outputs, roots: request.input.roots, configuration: files, patience: request.limits.timeout,
      cancellation: cancellation)
  }

  private func makeReporter(under make: MakeFlags) -> any RunReporting {
    invocation.format.isJSON
      ? JSONRunReporter(JSONLines("precompile")) : RunReporter(verbosity(under: make), palette: palette)
  }

  /// A silent make makes us quiet, unless the user asks for more.
  private func verbosity(under make: MakeFlags) -> Verbosity {
    var level = invocation.verbosity.level
    if make.isSilent && !level.isQuiet && !level.isVerbose && !level.explains {
      level.isQuiet = true
      level.isMakeSilent = true
    }
    return level
  }

  // MARK: Watching

  private func watch(under make: MakeFlags) throws(RunFailure) {
    let reporter: any WatchReporting =
      invocation.format.isJSON
      ? JSONWatchReporter(JSONLines("watch"))
      : WatchReporter(verbosity(under: make), palette: palette, clearsScreen: invocation.watching.clear)
    let first = try watchInvocation(Configuration.load(for: place ?? "."))
    // A list on standard input cannot be read twice.
    let roots = first.request.input.roots
    let session = WatchSession(reporter: reporter) { () throws(RunFailure) in
      var again = self
      let configuration = try Configuration.load(for: place ?? ".")
      for warning in configuration.warnings {
        reporter.record(.warned((warning.path.map { "\($0.printable): " } ?? "") + warning.message))
      }
      again.fill(from: configuration.given)
      return try again.watchInvocation(configuration, roots)
    }
    try session.run(first)
  }

  private func watchInvocation(
    _ configuration: Configuration, _ roots: [FilePath]? = nil
  ) throws(RunFailure) -> WatchInvocation {
    WatchInvocation(
      request: try invocation.request(roots), compilers: invocation.compilers, options: invocation.watching,
      settings: configuration.given.mapValues(\.texts), files: try Configuration.watchedFiles(for: place ?? "."))
  }
}

extension RunSummary {
  var exitStatus: ExitStatus {
    let modules: ExitStatus = hasFailures || isWanting || looksNowhere ? .moduleFailed : .success
    return modules.merged(with: lackedCompilers ? .engineUnavailable : .success)
      .merged(with: storageFailed ? .cacheUnwritable : .success)
  }
}
