import Foundation
import Glibc
import TestSupport
import Testing

/// What other users, or other processes, can do to a run from outside.
@Suite struct OtherUsersTests {
  // MARK: Locks

  @Test func whoCanOnlyReadTheOutputKeepsNobodyOut() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/1.wasm")
      try box.succeed("--output", "out", "m")
      let holder = try box.command("flock", ["-x", "out/.wasmprecompile", "sh", "-c", "echo held; exec sleep 1000"])
        .start()
      #expect(eventually { holder.outputSoFar.contains("held") })
      try box.write(WasmBinary.returning(2), to: "m/2.wasm")
      try box.succeed("--output", "out", "m")
      #expect(FileManager.default.fileExists(atPath: box.work + "/out/2.cwasm"))
      holder.sendToAll(SIGKILL)
      _ = holder.wait()
    }
  }

  @Test func anotherRunIsWaitedForUntilTheTimeoutOrASignal() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/1.wasm")
      try box.succeed("--output", "out", "m")
      let holder = try box.command(
        "flock", ["-x", "out/.wasmprecompile/lock", "sh", "-c", "echo held; exec sleep 1000"]
      ).start()
      #expect(eventually { holder.outputSoFar.contains("held") })
      let late = try box.tool("--timeout", "0.2", "--output", "out", "m").run()
      #expect(late.ending == .exited(73))
      #expect(
        late.errorLines.first
          == "out: error: nothing was exported: another run exports into it and does not end: end that, or raise "
          + "--timeout to wait longer")
      let waiting = try box.tool("--output", "out", "m").start()
      #expect(eventually { Processes.hasOpen(waiting.id, "/out/.wasmprecompile/lock") })
      waiting.send(SIGTERM)
      #expect(waiting.wait().ending == .signalled(SIGTERM))
      holder.sendToAll(SIGKILL)
      _ = holder.wait()
    }
  }

  // MARK: Files

  @Test func aFIFOBesideTheCatalogStopsNobody() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "1.wasm")
      try box.succeed("1.wasm")
      try #require(mkfifo(box.cache + "/v1/catalog.sqlite-journal", 0o600) == 0)
      let run = try box.succeed("1.wasm")
      #expect(run.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
      #expect(!FileManager.default.fileExists(atPath: box.cache + "/v1/catalog.sqlite-journal"))
    }
  }

  @Test(.needs(geteuid() == 0, "root, to give files away"))
  func anotherUsersSettingsDoNotCount() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "shared/project/1.wasm")
      try box.write("exclude = ['*']\n", to: "shared/.wasmprecompile.toml")
      let file = box.work + "/shared/.wasmprecompile.toml"
      func run() throws -> CommandResult { try box.succeed("-n", "shared/project") }
      let would = "would compile shared/project/1.wasm with cranelift (new module)"
      #expect(try run().outputLines.isEmpty, "it is the user's own")
      try #require(chown(file, 12345, 12345) == 0)
      let foreign = try run()
      #expect(foreign.outputLines == [would])
      #expect(
        foreign.errorLines.first
          == "\(file): warning: not used: it belongs to user 12345, who decides nothing here")
      try #require(chown(file, 0, 0) == 0)
      chmod(box.work + "/shared", 0o777)
      let open = try run()
      #expect(open.outputLines == [would])
      #expect(
        open.errorLines.first
          == "\(file): warning: not used: other users may write to its directory: `chmod go-w` that")
      // Whose modules they are decides about them.
      chmod(box.work + "/shared", 0o755)
      for path in ["", "/.wasmprecompile.toml", "/project"] { chown(box.work + "/shared" + path, 12345, 12345) }
      #expect(try run().outputLines.isEmpty)
    }
  }

  // MARK: Systems that lack something

  @Test(.needs(CacheTroubleTests.canMount, CacheTroubleTests.mountNeed))
  func withoutProcWhatNeedsItSaysSo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "1.wasm")
      func run(_ arguments: Argument...) throws -> CommandResult {
        let script = "mount -t tmpfs none /proc; exec \"$0\" \"$@\""
        return try box.tool(arguments).wrapped(in: ["unshare", "--map-root-user", "--mount", "sh", "-euc", "\(script)"])
          .run()
      }
      let hash = try run("hash", "1.wasm")
      #expect(hash.output == "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476  1.wasm\n")
      let compiled = try run("1.wasm")
      #expect(compiled.ending == .exited(69))
      #expect(
        compiled.errors
          == "wasmprecompile: error: no compiler process could be started: /proc is not mounted, which it needs\n")
      // The same where the catalog knows the engine already, so that each module is tried.
      try box.succeed("1.wasm")
      for number in 2...4 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let several = try run(".")
      #expect(several.ending == .exited(69))
      #expect(
        several.errors.masked == """
          wasmprecompile: error: no compiler process could be started: /proc is not mounted, which it needs
          4 modules: 0 compiled, 1 up to date, 3 failed (TIME)

          """)
      let program = try run("run", "1.wasm")
      #expect(
        program.errors
          == "wasmprecompile: error: the engine \(box.installedEngine) cannot be loaded: /proc is not mounted, through which it is "
          + "loaded\n")
    }
  }
}
