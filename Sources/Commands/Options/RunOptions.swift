internal import ArgumentParser
internal import Precompiler

/// The options that select modules.
struct SelectionOptions: CommandOptions {
  @CommandOption(
    "exclude",
    help: ArgumentHelp(
      "Leave out files and directories that match. Repeatable.",
      discussion: """
        Without a slash, the pattern is for names at any depth (`test-*.wasm`, `node_modules`); with one, for paths below \
        the given directory (`gen/*.wasm` for build/gen/a.wasm if build is given). A slash at the end is for directories \
        only. What is named itself is always taken.
        """, valueName: "glob"), setting: .byAnyone("patterns"))
  var exclude: [GlobArgument] = []

  @CommandOption(
    "follow-links", help: "Enter directories through symbolic links, too.", setting: .byAnyone())
  var followLinks = false

}

/// A pattern as an argument, with every byte that the shell passed.
struct GlobArgument: OptionValue {
  let bytes: [UInt8]

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    bytes = RawArguments.decode(argument)
  }
}

/// How a run goes about its work.
struct ExecutionOptions: CommandOptions {
  @CommandOption(
    "jobs", short: "j",
    help: ArgumentHelp(
      "How many modules are compiled at the same time. Default: the processors this process may use.",
      discussion: "A project's file may only ask for fewer.", valueName: "n"),
    setting: .byAnyone(
      "a number from 1 to \(mostJobs)", unset: "the processors this process may use", isValid: Self.isValid,
      mostOfProjects: AvailableProcessors.count))
  var jobs: Int?

  @CommandOption(
    "isolate",
    help: ArgumentHelp(
      "Which modules may have one compiler process after the other: module (none), origin, run (all).",
      discussion: """
        A module that takes its compiler over can spoil the artifacts that the same process makes next. With origin, these are \
        those of files of the same owner below the same directory that was given.
        """, valueName: "what"), setting: .byUsersOnly())
  var isolate = Isolation.origin

  @CommandOption("fail-fast", help: "Begin nothing more after the first module that fails.")
  var failFast = false

  @CommandOption("dry-run", short: "n", help: "Only say what would be compiled.")
  var dryRun = false

  @CommandOption(
    "check",
    help: ArgumentHelp(
      "Only say what would be compiled, and fail if it is anything.", discussion: "The exit status is then 1."))
  var check = false

  @CommandOption(
    "frozen",
    help: ArgumentHelp(
      "Compile nothing, and fail if the cache lacks anything.",
      discussion: "The cache is only read, so it may be on a read-only file system, or root's."))
  var frozen = false

  @CommandOption(
    "verify",
    help: ArgumentHelp(
      "With --check or --frozen: hash every artifact, and count a corrupt one as missing.",
      discussion: "One that was hashed before is not hashed again while its time stamps say that it is as it was."))
  var verify = false

  @CommandOption("force", help: "Compile what the cache has, too.")
  var force = false

  @CommandOption(
    "rehash", help: "Read every file, even where its time stamps say that it is as it was.", setting: .byAnyone())
  var rehash = false

  var purpose: RunPurpose { check ? .check : frozen ? .frozen : dryRun ? .dryRun : .compile }

  static let mostJobs = 1024

  @Sendable static func isValid(jobs: Int) -> Bool { (1...mostJobs).contains(jobs) }

  func validate() throws {
    if [dryRun, check, frozen].count(where: { $0 }) > 1 {
      throw ValidationError("--dry-run, --check and --frozen exclude each other")
    }
    if verify && !check && !frozen { throw ValidationError("--verify goes with --check or --frozen") }
    if force && (check || frozen) { throw ValidationError("--force goes with neither --check nor --frozen") }
    if let jobs, !Self.isValid(jobs: jobs) {
      throw ValidationError("--jobs must be from 1 to \(Self.mostJobs), not \(jobs)")
    }
  }

}

extension Isolation: ExpressibleByArgument, OptionValue {}

/// A duration as an argument: `120`, `0.5`.
struct Seconds: OptionValue {
  let value: Double

  init(_ value: Double) { self.value = value }

  init?(argument: String) {
    guard let value = Double(argument), value > 0, value.isFinite else { return nil }
    self.value = value
  }

  static var form: SettingForm { .number }

  var defaultValueDescription: String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}

/// How much is said.
struct VerbosityOptions: CommandOptions {
  @CommandOption("quiet", short: "q", help: "Say only what is wrong.")
  var quiet = false

  @CommandOption("verbose", short: "v", help: "Name the engine, the cache, and modules that are up to date.")
  var verbose = false

  @CommandOption("explain", help: "Say for each module why it is compiled or not.")
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
  /// Whether make is silent, not the user. The status line is no word that stays, and a run may take minutes.
  var isMakeSilent = false

  /// Whether a terminal shows what is being done.
  var showsStatus: Bool { !isQuiet || isMakeSilent }
}
