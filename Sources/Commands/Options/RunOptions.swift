internal import ArgumentParser
internal import Precompiler

/// Which files are modules.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Leave out files and directories that match. Repeatable.",
      discussion: """
        Without a slash, the pattern is for names at any depth (`test-*.wasm`, `node_modules`); with one, for paths below \
        the given directory (`gen/*.wasm` for build/gen/a.wasm if build is given). A slash at the end is for directories \
        only. What is named itself is always taken.
        """, valueName: "glob"))
  var exclude: [GlobArgument] = []

  @Flag(help: "Enter directories through symbolic links, too.")
  var followLinks = false

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&exclude, from: Settings.exclude)
    configuration.fill(&followLinks, from: Settings.followLinks)
  }
}

/// A pattern as an argument, with every byte that the shell passed.
struct GlobArgument: ExpressibleByArgument {
  let bytes: [UInt8]

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    bytes = RawArguments.decode(argument)
  }
}

/// How a run goes about its work.
struct ExecutionOptions: ParsableArguments {
  @Option(
    name: [.long, .customShort("j", allowingJoined: true)],
    help: ArgumentHelp(
      "How many modules are compiled at the same time. Default: the processors this process may use.", valueName: "n"))
  var jobs: Int?

  @Flag(help: "Begin nothing more after the first module that fails.")
  var failFast = false

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be compiled.")
  var dryRun = false

  @Flag(
    help: ArgumentHelp(
      "Only say what would be compiled, and fail if it is anything.", discussion: "The exit status is then 1."))
  var check = false

  @Flag(
    help: ArgumentHelp(
      "Compile nothing, and fail if the cache lacks anything.",
      discussion: "The cache is only read, so it may be on a read-only file system, or root's."))
  var frozen = false

  @Flag(help: "Compile what the cache has, too.")
  var force = false

  @Flag(help: "Read every file, even where its time stamps say that it is as it was.")
  var rehash = false

  var purpose: RunPurpose { check ? .check : frozen ? .frozen : dryRun ? .dryRun : .compile }

  static let mostJobs = 1024

  static func isValid(jobs: Int) -> Bool { (1...mostJobs).contains(jobs) }

  func validate() throws {
    if [dryRun, check, frozen].count(where: { $0 }) > 1 {
      throw ValidationError("--dry-run, --check and --frozen exclude each other")
    }
    if force && (check || frozen) { throw ValidationError("--force goes with neither --check nor --frozen") }
    if let jobs, !Self.isValid(jobs: jobs) {
      throw ValidationError("--jobs must be from 1 to \(Self.mostJobs), not \(jobs)")
    }
  }

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&jobs, from: Settings.jobs)
    configuration.fill(&rehash, from: Settings.rehash)
  }
}

/// A duration as an argument: `120`, `0.5`.
struct Seconds: ExpressibleByArgument {
  let value: Double

  init(_ value: Double) { self.value = value }

  init?(argument: String) {
    guard let value = Double(argument), value > 0, value.isFinite else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}

/// How much is said.
struct VerbosityOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say only what is wrong.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Name the engine, the cache, and modules that are up to date.")
  var verbose = false

  @Flag(help: "Say for each module why it is compiled or not.")
  var explain = false

  func validate() throws {
    if quiet && (verbose || explain) {
      throw ValidationError("--quiet goes with neither --verbose nor --explain")
    }
  }

  var level: Verbosity { Verbosity(isQuiet: quiet, isVerbose: verbose, explains: explain) }
}

struct Verbosity: Sendable {
  var isQuiet = false
  var isVerbose = false
  var explains = false
}
