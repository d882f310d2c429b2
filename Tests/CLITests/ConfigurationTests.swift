import Foundation
import Glibc
import TestSupport
import Testing

/// Options from the environment and from files, as the program takes them.
@Suite struct ConfigurationTests {
  private let settings = [
    "backends", "opt-level", "cpu", "targets", "features", "hosts", "optimize", "codegen", "debug", "wasm", "engine",
    "cache-dir",
    "trust-cache", "lower-caches", "max-size", "trust", "sign-with", "remote", "remote-upload",
    "remote-execute", "remote-local-lanes", "remote-platform", "remote-ca",
    "remote-certificate", "remote-key", "remote-token-file", "remote-salt", "remote-timeout", "exclude",
    "follow-links", "jobs", "isolate",
    "rehash", "timeout", "max-module", "max-artifact", "max-memory", "require-sandbox", "exec", "restart", "debounce",
    "poll", "clear", "color",
  ]

  @Test func flagsCountBeforeVariablesBeforeTheProjectBeforeTheUser() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "project/deep/a.wasm")
      func dryRun(_ arguments: Argument..., variable: String? = nil) throws -> [String] {
        var command = box.tool(["-n"] + arguments + ["project/deep"])
        command.environment["WASMPRECOMPILE_BACKENDS"] = variable
        return try command.run().outputLines
      }
      func line(_ backend: String) -> String { "would compile project/deep/a.wasm with \(backend) (new module)" }
      #expect(try dryRun() == [line("cranelift")])
      try box.write("backends = 'pulley'\n", to: "../home/.config/wasmprecompile/config.toml")
      #expect(try dryRun() == [line("pulley")])
      try box.write("backends = ['winch']\n", to: "project/.wasmprecompile.toml")
      #expect(try dryRun() == [line("winch")])
      #expect(try dryRun(variable: "pulley,winch") == [line("pulley"), line("winch")])
      #expect(try dryRun("--backend", "cranelift", variable: "pulley,winch") == [line("cranelift")])
    }
  }

  @Test(arguments: [["run", "a.wasm"], ["--check", "."], ["--frozen", "."], ["path", "a.wasm"], ["--watch", "."]])
  func aListOfNoBackendIsRefused(_ arguments: [String]) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let complaint = "must name at least one of cranelift, winch, pulley or the name of another compiler\n"
      var variable = box.tool(arguments.map { Argument($0) })
      variable.environment["WASMPRECOMPILE_BACKENDS"] = ","
      let first = try variable.run()
      #expect(first.ending == .exited(64))
      #expect(first.errors == "wasmprecompile: error: WASMPRECOMPILE_BACKENDS: \(complaint)")
      try box.write("jobs = 1\nbackends = []\n", to: ".wasmprecompile.toml")
      let second = try box.tool(arguments.map { Argument($0) }).run()
      #expect(second.ending == .exited(64))
      #expect(second.errors == "wasmprecompile: error: \(box.work)/.wasmprecompile.toml:2: backends \(complaint)")
    }
  }

  @Test func showsEachValueAndWhereItComesFrom() throws {
    try Sandbox.use { box in
      try box.write("jobs = 1\nexclude = ['gen/', '\"x\"']\n", to: "project/.wasmprecompile.toml")
      try box.write("timeout = 7\n\nengine = 'e.so'\n", to: "../home/.config/wasmprecompile/config.toml")
      var show = box.tool("config", "show", "project")
      show.environment["WASMPRECOMPILE_REHASH"] = "1"
      show.environment["WASMPRECOMPILE_LOWER_CACHES"] = "/image,layer"
      let shown = try show.run()
      #expect(shown.ending == .exited(0))
      let user = box.path + "/home/.config/wasmprecompile"
      let lines = [
        #"backends = ["cranelift"]  # default"#,
        #"opt-level = "speed"  # default"#,
        #"cpu = "native"  # default"#,
        "targets = []  # default", #"features = "least"  # default"#, "hosts = []  # default",
        "optimize = []  # default",
        "codegen = []  # default", "debug = []  # default", "wasm = []  # default",
        #"engine = "\#(user)/e.so"  # \#(user)/config.toml:3"#,
        "# cache-dir is not set: wasmprecompile in $XDG_CACHE_HOME or ~/.cache",
        "trust-cache = false  # default",
        #"lower-caches = ["/image", "layer"]  # WASMPRECOMPILE_LOWER_CACHES"#,
        #"max-size = "10G"  # default"#,
        "trust = []  # default", "# sign-with is not set: nothing is signed",
        "# remote is not set: no other machine is asked",
        "# remote-upload is not set: on, but off where CI builds a pull request",
        "remote-execute = false  # default", "# remote-local-lanes is not set: as many as --jobs",
        "remote-platform = []  # default",
        "# remote-ca is not set: the system's authorities are trusted",
        "# remote-certificate is not set: no certificate is shown", "# remote-key is not set: no certificate is shown",
        "# remote-token-file is not set: no token is sent", "# remote-salt is not set: nothing is added to keys",
        "remote-timeout = 5  # default",
        #"exclude = ["gen/", "\"x\""]  # \#(box.work)/project/.wasmprecompile.toml:2"#,
        "follow-links = false  # default",
        "jobs = 1  # \(box.work)/project/.wasmprecompile.toml:1",
        "isolate = \"origin\"  # default",
        "rehash = true  # WASMPRECOMPILE_REHASH",
        "timeout = 7  # \(user)/config.toml:1",
        #"max-module = "1Gi"  # default"#,
        #"max-artifact = "4Gi"  # default"#,
        #"max-memory = "4Gi"  # default"#,
        "require-sandbox = false  # default",
        "# exec is not set: no command",
        "restart = false  # default", "debounce = 20  # default",
        "poll = false  # default",
        "clear = false  # default",
        "color = \"auto\"  # default",
      ]
      for (line, expected) in zip(shown.outputLines, lines) { #expect(line == expected) }
      #expect(shown.outputLines.count == lines.count)

      // What is shown is a file with the same settings.
      try box.write(shown.output, to: "../home/.config/wasmprecompile/config.toml")
      try box.remove("project/.wasmprecompile.toml")
      let again = try box.succeed("config", "show", "project").outputLines.map {
        $0.replacing("\(user)/layer", with: "layer")
      }
      func values(_ lines: [String]) -> [String] { lines.map { $0.replacing(#/  # .*/#, with: "") } }
      #expect(values(again) == values(shown.outputLines))
    }
  }

  @Test func wasmtimesOwnVariableIsShown() throws {
    try Sandbox.use { box in
      var show = box.tool("config", "show")
      let unset = try show.run()
      #expect(!unset.output.contains("WASMTIME"))
      show.environment["WASMTIME_BACKTRACE_DETAILS"] = "1"
      let note = "WASMTIME_BACKTRACE_DETAILS is set: engines are made with backtrace-details true"
      let set = try show.run()
      #expect(set.outputLines.last == "# \(note)")
      show = box.tool("config", "show", "--format", "json")
      show.environment["WASMTIME_BACKTRACE_DETAILS"] = "1"
      let lines = try MachineOutput(show.run().output, in: box)
      #expect(lines.of("note").first?["message"] as? String == note)
    }
  }

  /// A project's file that a run refuses must not keep anybody from looking into the cache.
  @Test func whatACommandHasNoOptionForIsOnlyWarnedOf() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("a.wasm")
      try box.write("exec = 'true'\ntimeout = 0\ntimeout-x = 1\n", to: ".wasmprecompile.toml")
      let file = box.work + "/.wasmprecompile.toml"
      // A name that nobody knows may be meant for anything.
      #expect(try box.tool("cache", "list").run().errors.contains("unknown key 'timeout-x'"))
      try box.write("exec = 'true'\ntimeout = 0\n", to: ".wasmprecompile.toml")
      let exec =
        "\(file):1: exec may not be set by a project: it decides what code runs, is trusted or is kept; use --exec, "
        + "$WASMPRECOMPILE_EXEC or your own \(box.path)/home/.config/wasmprecompile/config.toml"
      let timeout = "\(file):2: timeout must be a number of seconds above 0, not '0'"
      let list = try box.succeed("cache", "list")
      #expect(list.outputLines.count == 2)
      #expect(
        list.errors == "wasmprecompile: warning: \(exec) (this command does without)\n"
          + "wasmprecompile: warning: \(timeout) (this command does without)\n")
      // `path` has the limit, and does not watch.
      let path = try box.tool("path", "a.wasm").run()
      #expect(path.ending == .exited(64))
      #expect(path.errorLines.last == "wasmprecompile: error: \(timeout)")
      let run = try box.tool("a.wasm").run()
      #expect(run.errors == "wasmprecompile: error: \(exec)\n")
      try box.remove(".wasmprecompile.toml")
      var variable = box.tool("cache", "dir")
      variable.environment["WASMPRECOMPILE_JOBS"] = "many"
      let dir = try variable.run()
      #expect(dir.output == box.cache + "\n")
      #expect(
        dir.errors == "wasmprecompile: warning: WASMPRECOMPILE_JOBS: must be a number from 1 to 1024, not 'many' "
          + "(this command does without)\n")
    }
  }

  @Test func whatWasMeantIsSaidOfEngineSettings() throws {
    try Sandbox.use { box in
      let advice =
        "must be a list of settings such as epoch-interruption, not 'epoch-interuption': there is no setting "
        + "“epoch-interuption” among those of -W: did you mean epoch-interruption?\n"
      try box.write("wasm = ['epoch-interuption']\n", to: ".wasmprecompile.toml")
      let file = try box.tool("-n", ".").run()
      #expect(file.errors == "wasmprecompile: error: \(box.work)/.wasmprecompile.toml:1: wasm \(advice)")
      try box.remove(".wasmprecompile.toml")
      var variable = box.tool("-n", ".")
      variable.environment["WASMPRECOMPILE_WASM"] = "epoch-interuption"
      let refused = try variable.run()
      #expect(
        refused.errors
          == "wasmprecompile: error: WASMPRECOMPILE_WASM: \(advice.replacing("a list of ", with: ""))")
    }
  }

  /// Editors of other systems write a byte order mark.
  @Test func aFileMayBeginWithAByteOrderMark() throws {
    try Sandbox.use { box in
      try box.write("\u{feff}jobs = 1\n", to: ".wasmprecompile.toml")
      let lines = try box.succeed("config", "show").outputLines
      #expect(lines.contains("jobs = 1  # \(box.work)/.wasmprecompile.toml:1"))
    }
  }

  @Test func tablesThatNobodyKnowsAreRefused() throws {
    try Sandbox.use { box in
      for (text, message) in [
        (
          "jobs = 1\n\n[backends.winch]\nx = 1\n",
          "3: backends must be a list of cranelift, winch, pulley or the name of another compiler, not a table"
        ),
        ("[backnd.winch]\nx = 1\n", "1: unknown key 'backnd'; did you mean 'backend'?"),
        ("[[exclude]]\n", "1: exclude must be a list of patterns, not a list with a table"),
        ("[a]\n[a]\n", "2: is not TOML: the table a begins a second time"),
      ] {
        try box.write(text, to: ".wasmprecompile.toml")
        let run = try box.tool("config", "show").run()
        #expect(run.ending == .exited(64))
        #expect(run.errors == "wasmprecompile: error: \(box.work)/.wasmprecompile.toml:\(message)\n")
      }
    }
  }

  @Test func tellsEveryKeyToWhoeverUsesAnUnknownOne() throws {
    try Sandbox.use { box in
      try box.write("[watch]\n", to: ".wasmprecompile.toml")
      let keys = settings.joined(separator: ", ")
      for arguments in [["."], ["config", "show"], ["engines"], ["cache", "dir"], ["path", "x"]] as [[Argument]] {
        let run = try box.tool(arguments).run()
        #expect(run.ending == .exited(64))
        let file = box.work + "/.wasmprecompile.toml"
        #expect(
          run.errors == "wasmprecompile: error: \(file):1: unknown key 'watch'; the keys are \(keys), host, backend\n")
      }
    }
  }

  @Test func refusesVariablesThatMakeNoSense() throws {
    try Sandbox.use { box in
      for (name, value, message) in [
        ("JOBS", "many", "must be a number from 1 to 1024, not 'many'"),
        ("BACKENDS", "winch,lvm", "must be cranelift, winch, pulley or the name of another compiler, not 'lvm'"),
        ("POLL", "maybe", "must be true or false, not 'maybe'"),
      ] {
        var command = box.tool(".")
        command.environment["WASMPRECOMPILE_" + name] = value
        let run = try command.run()
        #expect(run.ending == .exited(64))
        #expect(run.errors == "wasmprecompile: error: WASMPRECOMPILE_\(name): \(message)\n")
      }
      var empty = box.tool("config", "show")
      empty.environment["WASMPRECOMPILE_JOBS"] = ""
      #expect(try empty.run().ending == .exited(0), "an empty variable is as good as none")
    }
  }

  /// A checkout may bring an engine or a cache full of somebody else's machine code.
  @Test func aProjectBringsNoCode() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      for key in ["engine", "cache-dir", "exec"] {
        try box.write("\(key) = 'x'\n", to: ".wasmprecompile.toml")
        let run = try box.tool("a.wasm").run()
        #expect(run.ending == .exited(64))
        let variable = "WASMPRECOMPILE_" + key.uppercased().replacing("-", with: "_")
        #expect(
          run.errors == """
            wasmprecompile: error: \(box.work)/.wasmprecompile.toml:1: \(key) may not be set by a project: \
            it decides what code runs, is trusted or is kept; use --\(key), $\(variable) or your own \
            \(box.path)/home/.config/wasmprecompile/config.toml

            """)
      }
      #expect(!FileManager.default.fileExists(atPath: box.cache) && box.engines.isEmpty)
    }
  }

  @Test func aProjectTakesNoMoreOfTheMachineThanItsUserAllows() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write("timeout = 3600\n", to: ".wasmprecompile.toml")
      let run = try box.tool("a.wasm").run()
      #expect(run.ending == .exited(64))
      #expect(
        run.errors == """
          wasmprecompile: error: \(box.work)/.wasmprecompile.toml:1: timeout may not be raised above 120 by a project: it \
          bounds what a module may take of the machine; raise it with $WASMPRECOMPILE_TIMEOUT or in your own \
          \(box.path)/home/.config/wasmprecompile/config.toml

          """)
      try box.write("timeout = 7200\n", to: "../home/.config/wasmprecompile/config.toml")
      try box.succeed("a.wasm")
    }
  }

  @Test func theUsersFileChoosesEngineAndCache() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write("cache-dir = '../cache'\n", to: "../home/.config/wasmprecompile/config.toml")
      try box.succeed("a.wasm")
      let cache = box.path + "/home/.config/wasmprecompile/../cache"
      #expect(try box.succeed("cache", "dir").output == cache + "\n")
      #expect(try box.succeed("path", "a.wasm").output.hasPrefix(cache + "/v1/engines/"))
      try box.write("engine = 'missing.so'\n", to: "../home/.config/wasmprecompile/config.toml")
      let run = try box.tool("engines").run()
      #expect(run.ending == .exited(69))
      #expect(run.errors.contains("\n  \(box.path)/home/.config/wasmprecompile/missing.so (configuration file)\n"))
      #expect(try box.tool("engines", "--engine", .init(box.installedEngine)).run().ending == .exited(0))
    }
  }
}
