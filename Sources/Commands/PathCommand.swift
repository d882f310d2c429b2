internal import ArgumentParser
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache

struct PathCommand: QuickCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Print the paths of modules' artifacts, for a runtime to load.",
    discussion: """
      One line for each backend, in the order given; of several modules and of directories, each with two spaces and the \
      module after it. If the cache has no artifact, the reason is printed and the exit status is 1; with --compile it is \
      made first. An engine runs whatever an artifact's bytes say: --verify compares them with their digest, unless that was \
      done and the file has not changed since.
      """)

  @OptionGroup @ParsedOptions var invocation: PathInvocation

  static let words = "module"
  var parsed: ParsedOptions<PathInvocation> {
    get { _invocation.wrappedValue }
    set { _invocation.wrappedValue = newValue }
  }

  var place: FilePath? { invocation.module.first?.path }

  private var format: FormatOptions { invocation.format }
  private var options: ModuleOptions { invocation.options }

  func run() throws {
    let roots = try invocation.lists.roots(invocation.module)
    let reporter: any RunReporting =
      format.isJSON ? JSONRunReporter(JSONLines("path")) : RunReporter(Verbosity(isQuiet: true))
    let (summary, faults) =
      try invocation.verify ? lookUpVerifying(roots, reporter) : (lookUp(roots, purpose, reporter), [])
    var report = BuildReport()
    var faulty: Set<WasmHash> = []
    for (content, message) in faults {
      report.complain(content.path, message, .moduleFailed)
      faulty.insert(content.facts.hash)
    }
    reporter.report(report)
    let isReady = { (content: ModuleContent) in !faulty.contains(content.facts.hash) }
    let unmade = summary.unmade
    let ready = summary.plan.contents.filter { isReady($0) && !unmade.contains($0.facts.hash) }
    for content in ready {
      for target in summary.targets {
        target.place(of: content.facts.hash)?.recordUse(of: content.facts.hash, now: WallClock.now())
      }
    }
    if format.isJSON { reporter.report(summary) } else { tell(summary, ready, roots) }
    let status = summary.exitStatus.merged(with: report.status)
    if status != .success { throw status }
  }

  private var purpose: RunPurpose { invocation.compile ? .compile : .frozen }

  /// Checks the bytes of what is there first. A corrupt artifact is moved aside, so that looking again says so, or compiles
  /// it.
  private func lookUpVerifying(
    _ roots: [FilePath], _ reporter: any RunReporting
  ) throws -> (RunSummary, [(ModuleContent, String)]) {
    let first = try lookUp(roots, .frozen, SecondLook(reporter, isFirst: true))
    var checked: Set<CheckedArtifact> = []
    if faults(of: first, &checked).isEmpty, !format.isJSON, !invocation.compile || first.lacking.isEmpty {
      return (first, [])
    }
    var last = try lookUp(roots, purpose, format.isJSON ? reporter : SecondLook(reporter, isFirst: false))
    checked = []
    var found = faults(of: last, &checked)
    try LostArtifacts.whileAny(invocation.compile ? found.count : 0) {
      last = try lookUp(roots, purpose, DeafObserver())
      found = faults(of: last, &checked)
      return found.count
    }
    return (last, found)
  }

  private func lookUp(_ roots: [FilePath], _ purpose: RunPurpose, _ observer: any RunObserver) throws -> RunSummary {
    var request = try options.request(for: roots, stores: purpose == .compile)
    request.purpose = purpose
    request.remote = try invocation.remote.use()
    if purpose == .compile { Parallelism(jobs: nil, under: .ofThisProcess).apply(to: &request) }
    let work = InterruptibleWork(in: request)
    return try work.run {
      try options.compilers(for: place ?? ".").run(request, observer: observer, work.cancellation)
    }
  }

  // MARK: For people

  private func tell(_ summary: RunSummary, _ ready: [ModuleContent], _ roots: [FilePath]) {
    let namesModules = roots.count != 1 || roots.contains { (try? Descriptor.status(of: $0).kind) == .directory }
    for content in ready {
      for path in content.paths {
        for target in summary.targets {
          guard let place = target.place(of: content.facts.hash) else { continue }
          let name = namesModules ? Array("  \(path.printable)".utf8) : []
          Output.standard.write(place.entryPath(content.facts.hash).bytes + name + [UInt8(ascii: "\n")])
        }
      }
    }
    for root in summary.emptyRoots {
      Output.error.write("\(root.printable): error: is a directory without modules\n")
    }
    if roots.isEmpty { Output.error.write("\(Program.name): error: \(RunReporter.nothingNamed)\n") }
    guard !invocation.compile else { return }
    for job in summary.lacking {
      for path in job.content.paths {
        Output.error.write("\(path.printable): error: \(complaint(job.content, job.target, job.reason))\n")
      }
    }
  }

  /// Checks the bytes of all artifacts that there should be, and gives their faults. The look-up has passed over corrupt
  /// ones of lower caches.
  ///
  /// - Parameter checked: those that were good before. Whatever happens to them later, their paths were right.
  private func faults(of summary: RunSummary, _ checked: inout Set<CheckedArtifact>) -> [(ModuleContent, String)] {
    var readers = ArtifactReaders(summary, isWritable: true)
    var faults: [(ModuleContent, String)] = []
    let unmade = summary.unmade
    for content in summary.plan.contents where !unmade.contains(content.facts.hash) {
      for target in summary.targets {
        let artifact = CheckedArtifact(module: content.facts.hash, target: target.order)
        if checked.contains(artifact) { continue }
        do throws(CacheError) {
          _ = try readers.entries(of: artifact.module, for: target)?.openForOthers(artifact.module)
          checked.insert(artifact)
        } catch {
          if case .missing(_, _, let reason) = error {
            faults.append((content, complaint(content, target, reason)))
          } else {
            faults.append((content, error.description))
          }
        }
      }
    }
    return faults
  }

  /// `the cache has no artifact for winch, only for cranelift; make it with --compile`
  private func complaint(_ content: ModuleContent, _ target: CompileTarget, _ reason: MissReason) -> String {
    let fix =
      if reason == .linkLost, let cache = target.directory?.cache.path {
        "\(repairCommand(for: cache)) makes its links again, --compile the artifact"
      } else {
        "make it with --compile"
      }
    return "the cache has no artifact for \(target.lack(of: content, reason)); \(fix)"
  }
}

extension RunSummary {
  /// The modules that lack an artifact for some target.
  fileprivate var unmade: Set<WasmHash> {
    if purpose.onlyLooks { return Set(lacking.map(\.content.facts.hash)) }
    let failed = outcomes.filter { !$0.isThere }
    return Set(failed.map(\.job.content.facts.hash))
  }
}

private struct CheckedArtifact: Hashable {
  let module: WasmHash
  /// The target's place among the run's.
  let target: Int
}

/// Passes on what one of two looks has to tell. People are told of files at the first look, and of a warning once; programs
/// are told everything at the second.
private struct SecondLook: RunObserver {
  private let reporter: any RunReporting
  private let isFirst: Bool

  init(_ reporter: any RunReporting, isFirst: Bool) {
    self.reporter = reporter
    self.isFirst = isFirst
  }

  func record(_ event: RunEvent) {
    switch event {
    case .noticed, .rejected: if !isFirst { return }
    case .prepared, .told, .noted, .unconfined, .warned, .noexec, .lowerCacheTrouble, .remoteTrouble, .planned,
      .awaiting, .began, .storing, .finished:
      break
    }
    if !isFirst || !(reporter is JSONRunReporter) { reporter.record(event) }
  }
}

/// A command line of `path`.
struct PathInvocation: CommandOptions {
  @CommandOption(
    argument: PathCommand.words, help: "Modules, and directories of them; - for a list of them on standard input.",
    completion: .file(extensions: ["wasm"]))
  var module: [PathArgument] = []

  @CommandOption("compile", help: "Compile modules that the cache does not have.")
  var compile = false

  @CommandOption("verify", help: "Check the artifacts' bytes first; a corrupt one counts as missing.")
  var verify = false

  @OptionSection var lists: ListOptions
  @OptionSection var format: FormatOptions
  @OptionSection var options: ModuleOptions
  @OptionSection("Remote cache") var remote: RemoteOptions

  func validate() throws {
    if module.isEmpty && lists.filesFrom.isEmpty { throw ValidationError("Missing expected argument '<module> ...'") }
    try lists.validate(with: module)
  }
}
