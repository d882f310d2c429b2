import Glibc
import TestSupport
import Testing

/// Hosts in files: in the project's and the user's configuration, and in files of engine settings.
@Suite struct HostFileTests {
  private static let user = "../home/.config/wasmprecompile/config.toml"

  private func refusal(_ arguments: Argument..., in box: Sandbox) throws -> String {
    let run = try box.tool(["-n"] + arguments + ["a.wasm"]).run()
    #expect(run.ending == .exited(64) && run.output == "", "\(run.output)")
    let prefix = "wasmprecompile: error: "
    #expect(run.errors.hasPrefix(prefix) && run.errorLines.count == 1, "\(run.errors)")
    return String(run.errors.dropFirst(prefix.count).dropLast())
  }

  /// A project's file may name any file as a sample.
  @Test func aSampleThatIsTooLargeIsNotRead() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write([], to: "huge.cwasm")
      try #require(truncate(box.work + "/huge.cwasm", 1 << 40) == 0)
      try box.write("[host.x]\nlike = 'huge.cwasm'\n", to: ".wasmprecompile.toml")
      #expect(
        try refusal("--host", "x", in: box)
          == "\(box.work)/huge.cwasm: cannot be read: it has 1099511627776 bytes, more than 268435456")
    }
  }

  // MARK: Files of engine settings

  @Test(arguments: [
    ("[wasm]\nthreds = true\n", "2: there is no setting “threds” among those of -W: did you mean threads?"),
    (
      "[wasm]\n\nmemory-reservation = 0\n",
      "3: there is no setting “memory-reservation” among those of -W: it is one of -O"
    ),
    ("[optimise]\nx = 1\n", "1: unknown key 'optimise'; did you mean [optimize]?"),
    ("[wasi]\n[x]\n", "2: unknown key 'x'; the tables are [optimize], [codegen], [debug] and [wasm]"),
    ("wasm = 1\n", "1: wasm must be a table [wasm], not a number"),
    ("[wasm]\nthreads = 'maybe'\n", "2: the setting threads must be y or n, not “maybe”"),
    ("[wasm]\nthreads = [true]\n", "2: threads must be a value, not a list"),
    ("[wasm]\nfuel = 1.5\n", "2: the setting fuel must be a number, not “1.5”"),
    ("[optimize]\nmemory-reservation = -1\n", "2: the setting memory-reservation must be a number, not “-1”"),
    (
      "[wasm]\nwmemcheck = true\n",
      "2: only a Rust host can have wmemcheck=true, and libwasmtime's C API always has false: use --backend wasmtime-cli, "
        + "with the `wasmtime` command of the host's release on PATH"
    ),
    ("[wasm\n", "1: is not TOML: a table's name must be followed by ]"),
  ]) func theLineIsNamed(text: String, message: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write(text, to: "engine.toml")
      #expect(try refusal("--engine-config", "engine.toml", in: box) == "engine.toml:\(message)")
    }
  }

  @Test func aFileThatIsNotThereIsNamed() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      #expect(
        try refusal("--engine-config", "absent.toml", in: box)
          == "absent.toml: there is no such file of engine settings")
    }
  }

  @Test func whatAHostSetsIsShown() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write(
        """
        [wasi]
        anything = "at all"
        [optimize]
        opt-level = "s"
        memory_reservation = 0
        pooling-allocator = true
        [codegen]
        collector = "copying"
        [debug]
        backtrace-details = true
        [wasm]
        fuel = 10_000
        epoch-interruption = true

        """, to: "engine.toml")
      let run = try box.succeed("-n", "--engine-config", "engine.toml", "-W", "threads=n", "a.wasm")
      #expect(
        run.outputLines.first
          == "would compile a.wasm with cranelift, opt-level speed-and-size, memory-reservation 0, backtrace-details, fuel, "
          + "epoch-interruption, gc-support false, threads false (new module)")
    }
  }

  // MARK: Configuration

  @Test func settingsOfAProjectAreChecked() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      for (line, expectation, value, advice) in [
        (
          "wasm = ['threds']", "settings such as epoch-interruption", "threds",
          "there is no setting “threds” among those of -W: did you mean threads?"
        ),
        (
          "wasm = 'memory-reservation=0'", "settings such as epoch-interruption", "memory-reservation=0",
          "there is no setting “memory-reservation” among those of -W: it is one of -O"
        ),
        (
          "optimize = ['memory-may-move=maybe']", "settings such as memory-reservation=0", "memory-may-move=maybe",
          "the setting memory-may-move must be y or n, not “maybe”"
        ),
      ] {
        try box.write("\(line)\n", to: ".wasmprecompile.toml")
        let key = line.split(separator: " ")[0]
        #expect(
          try refusal(in: box)
            == "\(box.work)/.wasmprecompile.toml:1: \(key) must be a list of \(expectation), not '\(value)': \(advice)")
      }
    }
  }

  @Test func whatOnlyARustHostCanHaveIsNamedWithItsPlace() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write("\ndebug = 'guest-debug'\n[host.edge]\nwasm = ['wmemcheck']\n", to: ".wasmprecompile.toml")
      let file = "\(box.work)/.wasmprecompile.toml"
      let advice = ": use --backend wasmtime-cli, with the `wasmtime` command of the host's release on PATH"
      #expect(
        try refusal(in: box)
          == "\(file):2: only a Rust host can have guest-debug=true, and libwasmtime's C API always has false" + advice)
      #expect(
        try refusal("--host", "edge", in: box)
          == "\(file):4: only a Rust host can have wmemcheck=true, and libwasmtime's C API always has false" + advice)
    }
  }

  @Test func settingsOfAProjectCount() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write(
        "wasm = ['fuel=1,epoch-interruption']\noptimize = 'memory-reservation=0'\n", to: ".wasmprecompile.toml")
      let run = try box.succeed("-n", "a.wasm")
      #expect(
        (run.output + run.errors).contains(
          "with cranelift, memory-reservation 0, fuel, epoch-interruption (new module)\n"))
    }
  }

  @Test func aHostThatIsNotThereIsNamed() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      let config = "\(box.path)/home/.config/wasmprecompile/config.toml"
      #expect(
        try refusal("--host", "edge", in: box)
          == "--host: there is no host “edge”: describe it in a table [host.edge] of \(config)")
      try box.write("[host.edge]\n[host.far]\n", to: ".wasmprecompile.toml")
      #expect(try refusal("--host", "egde", in: box) == "--host: there is no host “egde”: did you mean edge?")
      #expect(try refusal("--host", "nobody", in: box) == "--host: there is no host “nobody”: the hosts are edge, far")
    }
  }

  @Test func aProjectDoesNotChooseItsHostsEngine() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write("[host.edge]\nengine = 'engine.so'\n", to: ".wasmprecompile.toml")
      #expect(
        try refusal("--host", "edge", in: box)
          == "\(box.work)/.wasmprecompile.toml:2: engine may not be set by a project: it decides what code runs, is trusted or "
          + "is kept; use --engine, $WASMPRECOMPILE_ENGINE or your own "
          + "\(box.path)/home/.config/wasmprecompile/config.toml")
    }
  }

  @Test(arguments: [
    ("[host.edge]\njobs = 1\n", "2: unknown key 'jobs' in [host.edge]; "),
    ("[host.edge]\nwasm = ['no']\n", "2: wasm must be a list of settings such as epoch-interruption, not 'no'"),
    ("[host.edge]\nhosts = ['x']\n", "2: unknown key 'hosts' in [host.edge]; "),
    ("[host]\nedge = 1\n", "2: host.edge must be a table [host.edge], not a number"),
    ("host = 1\n", "1: host must be tables [host.NAME], not a number"),
    ("[host.edge]\nengine-config = ''\n", "2: engine-config must be a path, not ''"),
  ]) func tablesOfHostsAreChecked(text: String, message: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write(text, to: ".wasmprecompile.toml")
      let refusal = try refusal("--host", "edge", in: box)
      #expect(refusal.hasPrefix("\(box.work)/.wasmprecompile.toml:\(message)"), "\(refusal)")
    }
  }

  /// A host has what its table says, and the options for the rest; what is typed counts before it.
  @Test func aTableAndOptionsGoTogether() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.write("[wasm]\nfuel = 1\n", to: "engine.toml")
      try box.write(
        """
        [host.edge]
        backends = "winch"
        cpu = "baseline"
        features = "all"
        engine-config = "engine.toml"
        wasm = "epoch-interruption"

        """, to: ".wasmprecompile.toml")
      func plan(_ arguments: Argument...) throws -> String {
        let run = try box.succeed(["-n"] + arguments + ["a.wasm"])
        return try #require((run.output + run.errors).firstMatch(of: #/ with (.*) \(new module\)/#)).1.description
      }
      #expect(try plan("--host", "edge") == "winch, cpu baseline, fuel, epoch-interruption, features all")
      #expect(
        try plan("--host", "edge", "-W", "epoch-interruption=n") == "winch, cpu baseline, fuel, features all")
    }
  }
}
