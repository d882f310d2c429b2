internal import ArgumentParser

/// How the cache is kept warm while modules change.
struct WatchOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Precompile what is there, say that it is ready, and then follow every change until interrupted.",
      discussion: "With several backends, each is made for all changed modules before the next one."))
  var watch = false

  @Option(
    help: ArgumentHelp(
      "Run a shell command when all modules are ready, and again each time some have changed or are gone.",
      discussion: """
        Never two at once; what changes meanwhile causes one more run. $WASMPRECOMPILE_CHANGED has the modules, one a line, \
        and $WASMPRECOMPILE_REMOVED those that are gone.
        """, valueName: "command"))
  var exec: String?

  @Option(
    help: ArgumentHelp(
      """
      How long a file must be quiet after a write, in milliseconds. Default: \(WatchOptions.standardDebounce.value).
      """, valueName: "ms"))
  var debounce: Milliseconds?

  @Flag(help: "Look at everything every two seconds instead of waiting for the kernel's word.")
  var poll = false

  @Flag(help: "Clear the terminal before each batch of changes.")
  var clear = false

  static let standardDebounce = Milliseconds(20)

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&exec, from: Settings.exec)
    configuration.fill(&debounce, from: Settings.debounce)
    configuration.fill(&poll, from: Settings.poll)
    configuration.fill(&clear, from: Settings.clear)
  }

  func validate() throws {
    if !watch && (exec != nil || debounce != nil || poll || clear) {
      throw ValidationError("--exec, --debounce, --poll and --clear go with --watch")
    }
  }
}

/// A number of milliseconds as an argument.
struct Milliseconds: ExpressibleByArgument {
  static let most = 60_000

  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    guard let value = Int(argument), (0...Self.most).contains(value) else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { "\(value)" }
}
