internal import ArgumentParser
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache

struct PathCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Print the path of a module's artifact, for a runtime to load.",
    discussion: """
      One line for each backend, in the order given. If the cache has no artifact, the reason is printed and the exit status \
      is 1; with --compile it is made first. An engine runs whatever an artifact's bytes say: --verify compares them with \
      their digest, unless that was done and the file has not changed since.
      """)

  @Argument(help: "A module.")
  var module: PathArgument

  @Flag(help: "Compile the module if the cache does not have it.")
  var compile = false

  @Flag(help: "Check the artifact's bytes first; a corrupt one is moved aside and counts as missing.")
  var verify = false

  @OptionGroup @ParsedOptions var options: ModuleOptions

  var place: FilePath? { module.path }

  mutating func fill(from settings: GivenSettings) { _options.wrappedValue.fill(from: settings) }

  func run() throws {
    let reporter = RunReporter(Verbosity(isQuiet: true))
    var summary = try lookUp(reporter)
    if verify {
      // A corrupt artifact is moved aside, so that looking again says so, or compiles it.
      if !faults(summary).isEmpty { summary = try lookUp(reporter) }
      let faults = faults(summary)
      for fault in faults { Output.error.write(fault) }
      guard faults.isEmpty else { throw ExitStatus.moduleFailed }
    }
    for content in summary.plan.contents {
      for target in summary.targets {
        guard let place = target.place(of: content.facts.hash) else { continue }
        place.recordUse(of: content.facts.hash, now: WallClock.now())
        Output.standard.write(place.entryPath(content.facts.hash).bytes + [UInt8(ascii: "\n")])
      }
    }
  }

  /// Finds the module's artifacts, or compiles them; reports why if there are none.
  private func lookUp(_ reporter: RunReporter) throws -> RunSummary {
    var request = try options.request(for: module.path)
    request.purpose = compile ? .compile : .dryRun
    if compile { Parallelism(jobs: nil, under: .ofThisProcess).apply(to: &request) }
    let work = InterruptibleWork(in: request)
    let summary = try work.run {
      try options.compilers(for: module.path)
        .run(request, observer: reporter, work.cancellation)
    }
    guard summary.exitStatus == .success else { throw summary.exitStatus }
    if summary.plan.contents.isEmpty {
      Output.error.write("\(module.path.printable): error: is a directory without modules\n")
      throw ExitStatus.moduleFailed
    }
    if !compile && !summary.plan.jobs.isEmpty {
      for job in summary.plan.jobs {
        Output.error.write(complaint(job.content, job.target, job.reason))
      }
      throw ExitStatus.moduleFailed
    }
    return summary
  }

  /// Checks the bytes of all artifacts, and gives their faults. The look-up has passed over corrupt ones of lower caches.
  private func faults(_ summary: RunSummary) -> [String] {
    var readers = ArtifactReaders(summary, isWritable: true)
    var faults: [String] = []
    for target in summary.targets {
      for content in summary.plan.contents {
        do throws(CacheError) {
          _ = try readers.entries(of: content.facts.hash, for: target)?.open(content.facts.hash)
        } catch {
          if case .missing(_, _, let reason) = error {
            faults.append(complaint(content, target, reason))
          } else {
            faults.append("\(content.path.printable): error: \(error.description.printable)\n")
          }
        }
      }
    }
    return faults
  }

  /// `…: the cache has no artifact for winch, only for cranelift; make it with --compile`
  private func complaint(_ content: ModuleContent, _ target: CompileTarget, _ reason: MissReason) -> String {
    let fix =
      if reason == .linkLost, let cache = target.directory?.cache.path {
        "\(repairCommand(for: cache)) makes its links again, --compile the artifact"
      } else {
        "make it with --compile"
      }
    return
      "\(content.path.printable): error: the cache has no artifact for \(target.lack(of: content, reason)); \(fix)\n"
  }
}
