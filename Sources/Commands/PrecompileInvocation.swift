internal import ArgumentParser
internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmtimeToolchain

/// A command line without a subcommand: the modules, and every option.
///
/// A plain value. ``QuickArguments`` makes it of the command lines that build tools repeat, the argument parser of all
/// others.
struct PrecompileInvocation: CommandOptions {
  @CommandOption(argument: "path", help: "Files and directories; - for a list of them on standard input.")
  var path: [PathArgument] = []

  @OptionSection("Compiler options") var compiler: CompilerOptions
  @OptionSection("Hosts") var hosts: HostOptions
  @OptionSection("Where things are") var engine: EngineOptions
  @OptionSection("Where things are") var cache: CacheOptions
  @OptionSection("Where things are") var room: CacheSizeOptions
  @OptionSection("Signatures") var signatures: SignatureOptions
  @OptionSection("Remote cache") var remote: RemoteOptions
  @OptionSection("What is taken") var lists: ListOptions
  @OptionSection("What is taken") var selection: SelectionOptions
  @OptionSection("How it is done") var execution: ExecutionOptions
  @OptionSection("Limits") var limits: LimitOptions
  @OptionSection("Limits") var sandbox: SandboxOptions
  @OptionSection("For build tools") var outputs: OutputOptions
  @OptionSection("Watching") var watching: WatchOptions
  @OptionSection("What is shown") var verbosity: VerbosityOptions
  @OptionSection("What is shown") var color: ColorOptions
  @OptionSection("What is shown") var format: FormatOptions
  @OptionSection("What is shown") var drawing: TimingOptions

  /// The first path: the project's file lies above it.
  var place: FilePath? { path.first?.path }

  func validate() throws {
    if path.isEmpty && lists.filesFrom.isEmpty { throw ValidationError("Missing expected argument '<path> ...'") }
    try lists.validate(with: path)
    if watching.watch { try validateForWatching() }
  }

  private func validateForWatching() throws {
    if execution.purpose != .compile || execution.force || execution.failFast {
      throw ValidationError("--watch goes with none of --dry-run, --check, --frozen, --force and --fail-fast")
    }
    if !drawing.isEmpty { throw ValidationError("--watch goes with neither --timings nor --trace") }
    if selection.followLinks {
      throw ValidationError("--watch goes without --follow-links: name the directories that links lead to")
    }
    if !outputs.isEmpty {
      throw ValidationError(
        "--watch goes with none of --output, --stamp and --depfile: let --exec run wasmprecompile with them")
    }
  }

  /// The request for the precompiler.
  ///
  /// - Parameter roots: the files and directories that are named, if that is known already.
  func request(_ roots: [FilePath]? = nil) throws(RunFailure) -> PrecompileRequest {
    let named: [FilePath] = if let roots { roots } else { try lists.roots(path) }
    var input = RunInput(named)
    input.excludes = selection.exclude.map { ExcludePattern(bytes: $0.bytes) }
    input.followLinks = selection.followLinks
    input.namesDirectories = outputs.depfile != nil
    var caches = try cache.places()
    caches.sizeLimit = room.limit
    try signatures.apply(to: &caches, stores: !execution.purpose.onlyLooks)
    var work = WorkPolicy(lanes: execution.jobs ?? AvailableProcessors.count())
    work.failFast = execution.failFast
    work.force = execution.force
    work.rehash = execution.rehash
    work.verify = execution.verify
    work.isolation = execution.isolate
    var request = PrecompileRequest(input, caches: caches, work: work)
    request.limits = limits.modules
    request.purpose = execution.purpose
    request.remote = try remote.use()
    return request
  }
}
