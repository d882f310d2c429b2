import Foundation
import Glibc
import TestSupport
import Testing

/// Compilers that are programs, described in the user's configuration: everything that the cache does works with them.
@Suite struct ProgramBackendTests {
  @Test func aDescribedCompilerIsABackendLikeAnyOther() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "m/1.wasm")
      try box.write(WasmBinary.returning(2), to: "m/2.wasm")
      let first = try box.succeed("-j1", "--backend", "test-c", "m")
      #expect(first.errorLines.last?.masked.hasPrefix("2 modules: 2 compiled, 0 up to date") == true)
      let second = try box.succeed("--backend", "test-c", "m")
      #expect(second.errors.masked == "2 modules: nothing to compile, all up to date (TIME)\n")
      let engine = try #require(box.engines.first)
      #expect(engine.hasPrefix("test-c-1.2-"))
      let path = try box.succeed("path", "--verify", "--backend", "test-c", "m/1.wasm").output.dropLast()
      #expect(path.hasSuffix(".test"))
      #expect(try String(contentsOfFile: String(path), encoding: .utf8).hasPrefix("TEST 00 61 73 6d"))
      #expect(try box.succeed("--check", "--backend", "test-c", "m").ending == .exited(0))
      try box.succeed("--frozen", "--backend", "test-c", "m")
      #expect(try box.succeed("cache", "verify").output.hasSuffix(": all good\n"))
      #expect(try box.succeed("cache", "list").output.contains("test-c"))
      let inspected = try box.succeed("inspect", "\(path)").output
      #expect(inspected.contains("compiler  test-c 1.2, target "))
      #expect(inspected.contains("compiled  with test-c\n"))
      let other = try box.succeed("--cache-dir", "other", "--lower-cache", "\(box.cache)", "--backend", "test-c", "m")
      #expect(other.errorLines.last?.contains("nothing to compile") == true, "\(other.errors)")
    }
  }

  @Test func whatOthersMayWriteDescribesNoCompiler() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let file = box.path + "/home/.config/wasmprecompile/config.toml"
      chmod(file, 0o666)
      let run = try box.tool("--backend", "test-c", "a.wasm").run()
      #expect(run.ending == .exited(64))
      #expect(
        run.errors
          == "wasmprecompile: error: \(file): says which programs run as compilers, but other users may write to it: "
          + "`chmod go-w` it\n")
      chmod(file, 0o644)
      try box.succeed("--backend", "test-c", "a.wasm")
    }
  }

  /// What a compiler finds by `PATH` does not depend on who calls, because it is in no identity.
  @Test func theUsersPathIsNotTheCompilers() throws {
    try Sandbox.use { box in
      try box.describe(#"echo "TEST $PATH" > "$2""#)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      var tool = box.tool("--backend", "test-c", "--output", "out", "a.wasm")
      tool.environment["PATH"] = box.work + ":" + (tool.environment["PATH"] ?? "")
      #expect(try tool.run().ending == .exited(0))
      let said = try String(contentsOfFile: box.work + "/out/a.test", encoding: .utf8)
      #expect(said == "TEST \(box.path)/compiler:/usr/local/bin:/usr/bin:/bin\n")
    }
  }

  @Test func severalCompilersInOneRunEachHaveTheirSuffix() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed(
        "--backend", "winch", "--backend", "test-c", "--backend", "cranelift", "--output", "out", "a.wasm")
      for name in ["winch/a.cwasm", "test-c/a.test", "cranelift/a.cwasm"] {
        #expect(FileManager.default.fileExists(atPath: box.work + "/out/" + name))
      }
      #expect(try box.succeed("inspect", "out/test-c/a.test").output.contains("compiler  test-c 1.2"), "by its bytes")
      try box.succeed("--backend", "test-c", "--output", "out", "a.wasm")
      #expect(FileManager.default.fileExists(atPath: box.work + "/out/a.test"))
      #expect(!FileManager.default.fileExists(atPath: box.work + "/out/test-c/a.test"), "what nobody wants is removed")
      try box.write("backends = ['test-c']\n", to: ".wasmprecompile.toml")
      #expect(try box.succeed("-n", "--force", "a.wasm").output == "would compile a.wasm with test-c (forced)\n")
    }
  }

  @Test func anotherCompilerIsAMissWithItsReason() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("--backend", "test-c", "--backend", "winch", "a.wasm")
      func dryRun() throws -> String { try box.succeed("-n", "--backend", "test-c", "a.wasm").output }
      #expect(try dryRun() == "")
      try box.describe(#"printf TEST > "$2"; od -An -v -tx2 "$1" >> "$2""#)
      #expect(try dryRun() == "would compile a.wasm with test-c (engine changed)\n")
      let before = box.engines
      let removed = try box.succeed("cache", "gc", "--old-engines")
      #expect(removed.output.hasPrefix("removed 1 artifact (1 of an old engine)"), "\(removed.output)")
      #expect(before.contains { $0.hasPrefix("winch") && box.entries($0).count == 1 })
      try box.succeed("--backend", "test-c", "a.wasm")
      try box.remove("../compiler/testc")
      let kept = try box.succeed("cache", "gc", "--old-engines")
      #expect(kept.output.hasPrefix("nothing to remove"), "what is not found cannot be judged")
    }
  }

  @Test func whatAnOlderHelperMadeIsOld() throws {
    try Sandbox.use { box in
      _ = try box.describeWithHelper()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("--backend", "test-c", "a.wasm")
      func collect() throws -> String { try box.succeed("cache", "gc", "--old-engines").output.masked }
      #expect(try collect() == "nothing to remove: 1 artifact, SIZE\n")
      try box.replaceHelper(printing: "TEST two")
      #expect(try collect() == "removed 1 artifact (1 of an old engine), SIZE; 0 artifacts, SIZE are left\n")
      try box.succeed("--backend", "test-c", "a.wasm")
      #expect(try collect() == "nothing to remove: 1 artifact, SIZE\n")
      // One that says nothing is told by its files alone, which are the same.
      try box.write("#!/bin/sh\nexit 1\n", to: "../compiler/cc1")
      #expect(try collect() == "removed 1 artifact (1 of an old engine), SIZE; 0 artifacts, SIZE are left\n")
    }
  }

  /// Every file of the compiler decides about the artifacts: when one changes, they are made anew.
  @Test func depfilesNameEveryFileOfIt() throws {
    try Sandbox.use { box in
      try box.write("1", to: "../compiler/runtime/a.h")
      try box.write("2", to: "../compiler/runtime/more/b.h")
      try box.describe(more: "files = { runtime = \"\(box.path)/compiler/runtime\" }")
      try box.write(WasmBinary.returning(1), to: "m/1.wasm")
      try box.write(
        "s: \n\t$(TOOL) --backend test-c --stamp s --depfile d m\n-include d\n", to: "Makefile")
      func make() throws -> CommandResult { try box.command("make", ["TOOL=\(box.executable)"]).run() }
      #expect(try make().ending == .exited(0))
      let text = try String(contentsOfFile: box.work + "/d", encoding: .utf8)
      let compiler = "\(box.path)/compiler"
      #expect(
        text.hasPrefix(
          "s: \\\n  \(compiler)/testc \\\n  \(compiler)/runtime/a.h \\\n  \(compiler)/runtime/more/b.h \\\n  "),
        "\(text)")
      #expect(try make().output.hasSuffix("'s' is up to date.\n"))
      try box.write("3", to: "../compiler/runtime/more/b.h")
      let again = try make()
      #expect(
        again.errors.contains("compiled m/1.wasm with test-c") || again.errors.contains("1 compiled"), "\(again.errors)"
      )
      #expect(try make().output.hasSuffix("'s' is up to date.\n"))
    }
  }

  @Test func whatItSaysIsTheMessage() throws {
    try Sandbox.use { box in
      try box.describe("for i in 1 2 3; do echo \"line $i\" >&2; done; exit 3")
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.tool("--backend", "test-c", "a.wasm").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.first
          == "a.wasm: error: was not compiled: testc exited with status 3: line 1 … line 3")
      let verbose = try box.tool("-v", "--backend", "test-c", "a.wasm").run()
      #expect(verbose.errorLines.contains("  line 2"))
      #expect(box.temporaryFiles.isEmpty)
    }
  }

  @Test func aProjectMayNotDescribeACompiler() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write(
        "[backend.evil]\nprograms = { sh = '/bin/sh' }\ncommands = [['{sh}', '{input}', '{output}']]\n",
        to: ".wasmprecompile.toml")
      let run = try box.tool("a.wasm").run()
      #expect(run.ending == .exited(64))
      #expect(
        run.errors
          == "wasmprecompile: error: \(box.work)/.wasmprecompile.toml:1: [backend.evil] may not be set by a project: it "
          + "decides what code runs, is trusted or is kept; use your own \(box.path)/home/.config/wasmprecompile/config.toml\n"
      )
    }
  }

  @Test func whatIsMissingOrNotUnderstoodIsSaidBeforeAnythingStarts() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      func complaint(_ arguments: Argument..., ending: Int32) throws -> String {
        let run = try box.tool(arguments + ["a.wasm"]).run()
        #expect(run.ending == .exited(ending))
        return run.errorLines.first ?? ""
      }
      let own = "wasmprecompile: error: --backend test-c "
      #expect(
        try complaint("--backend", "test-c", "--opt-level", "none", ending: 64) == own
          + "does not understand --opt-level")
      #expect(
        try complaint("--backend", "test-c", "-W", "fuel=1", ending: 64)
          == own + "does not understand settings of the host's engine (fuel)")
      let local = try complaint("--backend", "test-c", "--target", "riscv64gc-unknown-linux-gnu", ending: 64)
      #expect(
        local.hasPrefix(
          own
            + "makes code for this machine only, not for --target riscv64gc-unknown-linux-gnu: use --backend wasmtime-cli, or "
        ), "\(local)")
      let foreign = try complaint("--target", "riscv64gc-unknown-linux-gnu", ending: 64)
      #expect(
        foreign.contains("cranelift of \(box.installedEngine) makes code for ")
          && foreign.contains("use --backend wasmtime-cli") && foreign.contains("or --backend pulley"), "\(foreign)")
      try box.remove("../compiler/testc")
      #expect(
        try complaint("--backend", "test-c", ending: 69)
          == "wasmprecompile: error: --backend test-c: there is no \(box.path)/compiler/testc; to get it: write it")
      #expect(!FileManager.default.fileExists(atPath: box.cache + "/v1/engines/test-c"))
      let run = try box.tool("run", "--backend", "test-c", "a.wasm").run()
      #expect(run.ending == .exited(69))
    }
  }

  /// Wasmtime's own variable is often set for every program.
  @Test func whatTheEnvironmentTellsWasmtimeIsNotForOthers() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      var tool = box.tool("-v", "--backend", "test-c", "a.wasm")
      tool.environment["WASMTIME_BACKTRACE_DETAILS"] = "1"
      let run = try tool.run()
      #expect(run.ending == .exited(0))
      #expect(
        run.errorLines.contains("note: WASMTIME_BACKTRACE_DETAILS is set, which is not for --backend test-c"),
        "\(run.errors)")
      let again = try box.succeed("--backend", "test-c", "a.wasm")
      #expect(again.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
      tool.arguments = ["--backend", "test-c", "-D", "backtrace-details", "a.wasm"]
      let chosen = try tool.run()
      #expect(chosen.ending == .exited(64))
      #expect(
        chosen.errors
          == "wasmprecompile: error: --backend test-c does not understand settings of the host's engine (backtrace-details)\n"
      )
    }
  }

  @Test func enginesListsThemWithTheirState() throws {
    try Sandbox.use { box in
      try box.describe()
      func row(_ arguments: Argument...) throws -> String? {
        try box.tool(["engines"] + arguments).run().outputLines.first { $0.hasPrefix("test-c ") }
      }
      #expect(try row() == "test-c             found, 1.2, \(box.path)/compiler/testc")
      let json = try box.succeed("engines", "--format", "json", "--backend", "test-c").outputLines
      #expect(json.contains { $0.contains(#""type":"compiler","backend":"test-c","state":"found""#) }, "\(json)")
      try box.describe("", version: "'; echo broken >&2; exit 4; echo '")
      let broken = try box.tool("engines", "--backend", "test-c").run()
      #expect(broken.ending == .exited(69))
      #expect(
        broken.outputLines.first
          == "test-c  unusable: \(box.path)/compiler/testc: `testc --version` exited with status 4: broken")
      try box.remove("../compiler/testc")
      #expect(
        try box.tool("engines", "--backend", "test-c").run().outputLines.first
          == "test-c  not found: there is no \(box.path)/compiler/testc; to get it: write it")
      #expect(
        try box.tool("engines", "--backend", "test-c").run().errors
          == "wasmprecompile: error: nothing that --backend names can be used: see what is said of it\n")
    }
  }

  /// Some packages of Python's bring their program so, and pip leaves it so.
  @Test func aProgramThatNobodyMayRunIsNamed() throws {
    try Sandbox.use { box in
      let package = "../venv/lib/python3.11/site-packages/wasmtime_cli"
      try box.write([0x7f] + Array("ELF".utf8), to: "\(package)/wasmtime")
      try box.write(
        "#!\(box.path)/venv/bin/python3\nimport sys\nfrom wasmtime_cli import main\nsys.exit(main())\n",
        to: "../venv/bin/wasmtime")
      chmod(box.path + "/venv/bin/wasmtime", 0o755)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let program = "\(box.path)/venv/lib/python3.11/site-packages/wasmtime_cli/wasmtime"
      let advice = "is not executable: `chmod +x \(program)` makes it so"
      let shown = try box.tool(["engines", "--backend", "wasmtime-cli"], finding: box.path + "/venv/bin").run()
      #expect(shown.outputLines.first == "wasmtime-cli  unusable: \(program): it \(advice)")
      let run = try box.tool(["--backend", "wasmtime-cli", "a.wasm"], finding: box.path + "/venv/bin").run()
      #expect(run.ending == .exited(69))
      #expect(run.errors == "wasmprecompile: error: --backend wasmtime-cli: \(program) \(advice)\n")
    }
  }

  @Test func llvmIsTheFirstOneThatIsThere() throws {
    try Sandbox.use { box in
      try box.describe(more: "llvm = true")
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.succeed("--backend", "llvm", "a.wasm")
      #expect(run.errorLines.first == "--backend llvm takes test-c (\(box.path)/compiler/testc)")
      #expect(box.engines.contains { $0.hasPrefix("test-c-") })
    }
  }

  /// Also where everything of the terminal's, or of a CI runner's job, is killed at once.
  @Test func anInterruptedRunLeavesNothing() throws {
    for (signal, isForAll) in [(SIGINT, false), (SIGKILL, false), (SIGKILL, true)] {
      try Sandbox.use { box in
        let mark = "\(UInt32.random(in: 1...UInt32.max)).5"
        try box.describe("sleep 1\(mark) & sleep 2\(mark)")
        try box.write(WasmBinary.returning(1), to: "a.wasm")
        var command = box.tool("--backend", "test-c", "a.wasm")
        try FileManager.default.createDirectory(atPath: box.path + "/tmp", withIntermediateDirectories: false)
        command.environment["TMPDIR"] = box.path + "/tmp"
        let run = try command.start()
        #expect(
          eventually { (try? FileManager.default.contentsOfDirectory(atPath: box.path + "/tmp"))?.isEmpty == false })
        #expect(eventually { Processes.areThere(with: mark) })
        if isForAll { run.sendToAll(signal) } else { run.send(signal) }
        _ = run.wait()
        #expect(eventually { !Processes.areThere(with: mark) })
        #expect(
          eventually { (try? FileManager.default.contentsOfDirectory(atPath: box.path + "/tmp"))?.isEmpty == true },
          "the private directory goes after signal \(signal)")
      }
    }
  }

  @Test func aWatcherCompilesWithItAndNoticesAnotherOne() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watcher = try Watcher(in: box, "--backend", "test-c", modules: 2)
      try box.write(WasmBinary.returning(2), to: "tree/b.wasm")
      watcher.expectCompiled("b.wasm", times: 2)
      #expect(watcher.lines.contains { $0.hasPrefix("compiled tree/b.wasm with test-c") })
      try box.describe(#"printf TEST > "$2"; echo another >> "$2""#)
      watcher.expectCompiled("a.wasm", times: 3)
      _ = watcher.stop()
      #expect(box.engines.count { $0.hasPrefix("test-c-") } == 2)
    }
  }

  @Test func theDeadlineIsAModulesOnly() throws {
    try Sandbox.use { box in
      try box.describe(
        #"case $(od -An -v -tx1 "$1" | tr -d ' \n') in *4101*) sleep 1000;; *) echo TEST > "$2";; esac"#)
      try box.write(WasmBinary.returning(1), to: "m/1.wasm")
      try box.write(WasmBinary.returning(2), to: "m/2.wasm")
      let run = try box.tool("--timeout", "1", "--backend", "test-c", "m").run()
      #expect(run.ending == .exited(1))
      #expect(run.errorLines.contains("m/1.wasm: error: was not compiled within 1 s: raise --timeout"), "\(run.errors)")
      #expect(run.errorLines.contains { $0.hasPrefix("compiled m/2.wasm with test-c") })
    }
  }
}
