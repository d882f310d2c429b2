internal import ArgumentParser

/// How the cache is kept warm while modules change.
struct WatchOptions: CommandOptions {
  @CommandOption(
    "watch",
    help: ArgumentHelp(
      "Precompile what is there, say that it is ready, and then follow every change until interrupted.",
      discussion: "With several backends, each is made for all changed modules before the next one."))
  var watch = false

  @CommandOption(
    "exec",
    help: ArgumentHelp(
      "Run a shell command when all modules are ready, and again each time some have changed or are gone.",
      discussion: """
        Never two at once; what changes meanwhile causes one more run. $WASMPRECOMPILE_CHANGED has the modules, one a line, \
        and $WASMPRECOMPILE_REMOVED those that are gone. The command has no terminal to read from, and ends with the watcher, \
        as does all that it has started.
        """, valueName: "command"), setting: .byUsersOnly("a shell command", unset: "no command"))
  var exec: String?

  @CommandOption(
    "restart",
    help: ArgumentHelp(
      "End the command of --exec when modules have changed, with all that it has started, and run it anew.",
      discussion:
        "By SIGTERM, and after three seconds by SIGKILL. It is for servers, which would not end by themselves."),
    setting: .byAnyone())
  var restart = false

  @CommandOption(
    "debounce",
    help: ArgumentHelp("How long a file must be quiet after a write, in milliseconds.", valueName: "ms"),
    setting: .byAnyone("a number of milliseconds from 0 to \(Milliseconds.most)"))
  var debounce = Milliseconds(20)

  @CommandOption(
    "poll",
    help: ArgumentHelp(
      "Look at everything every two seconds instead of waiting for the kernel's word.",
      discussion: """
        Network and FUSE file systems are polled in any case. The kernel does not tell either of what is written to a layer \
        below an overlay, or to a file by a name of it (a hard link) outside of the directories that are watched.
        """), setting: .byAnyone())
  var poll = false

  @CommandOption("clear", help: "Clear the terminal before each batch of changes.", setting: .byAnyone())
  var clear = false

  func validate() throws {
    if !watch && (_exec.isGiven || _restart.isGiven || _debounce.isGiven || _poll.isGiven || _clear.isGiven) {
      throw ValidationError("--exec, --restart, --debounce, --poll and --clear go with --watch")
    }
    // It may be set in a file, for other runs.
    if _restart.isGiven && restart && exec == nil {
      throw ValidationError("--restart is about the command of --exec: name one")
    }
  }
}

/// A number of milliseconds as an argument.
struct Milliseconds: OptionValue {
  static let most = 60_000

  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    guard let value = Int(argument), (0...Self.most).contains(value) else { return nil }
    self.value = value
  }

  static var form: SettingForm { .number }

  var defaultValueDescription: String { "\(value)" }
}
