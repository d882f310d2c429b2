import Foundation
import Glibc
import TestSupport
import Testing

/// Users who may have no more threads and processes (`ulimit -u`, a container's limit): what needs none works, what needs one
/// says so, and nothing hangs.
@Suite struct NoThreadsTests {
  private static let lack =
    "no compiler process could be started: posix_spawn: the system grants no more processes, raise `ulimit -u` or the "
    + "container's limit of processes"

  /// Root has no such limit, and becomes somebody who has.
  private static let user: [Argument] =
    geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"]

  /// A sandbox of that user's, with a cache that has one of two modules.
  private func withModules(_ body: (Sandbox) throws -> Void) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/old.wasm")
      if geteuid() == 0 { #expect(try box.command("chown", ["-R", "65534:65534", .init(box.path)]).run().status == 0) }
      let first = try box.tool("m").wrapped(in: Self.user).run()
      try #require(first.ending == .exited(0), "\(first.errors)")
      try box.write(WasmBinary.returning(2), to: "new.wasm")
      try box.write(WasmBinary.returning(3), to: "newer.wasm")
      try body(box)
    }
  }

  /// - Parameter threads: how many the user may have, those of other programs among them.
  private func limited(_ box: Sandbox, _ arguments: [Argument], to threads: Int = 1) -> Command {
    box.tool(arguments).wrapped(in: Self.user + ["prlimit", "--nproc=\(threads)"])
  }

  // MARK: What works

  @Test(arguments: [
    (["cache", "verify"], "1 entry, SIZE: all good\n"), (["cache", "verify", "--repair"], "1 entry, SIZE: all good\n"),
    (["cache", "gc"], "nothing to remove: 1 artifact, SIZE\n"), (["run", "--invoke", "value", "m/old.wasm"], "1\n"),
    (["-n", "m", "new.wasm"], "would compile new.wasm with cranelift (new module)\n"),
  ]) func whatNeedsNoThreadWorks(arguments: [String], output: String) throws {
    try withModules { box in
      let run = try limited(box, arguments.map { Argument($0) }).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.output.masked == output)
    }
  }

  @Test func whatIsThereIsFoundAndExported() throws {
    try withModules { box in
      for arguments in [["m"], ["--frozen", "m"], ["--output", "out", "m"], ["--backend", "cranelift", "m"]] {
        let run = try limited(box, arguments.map { Argument($0) }).run()
        #expect(run.ending == .exited(0))
        #expect(run.errorLines.last?.masked == "1 module: nothing to compile, all up to date (TIME)")
      }
      #expect(FileManager.default.fileExists(atPath: box.work + "/out/old.cwasm"))
    }
  }

  // MARK: What does not

  @Test func aRunThatCannotCompileSaysSoOnce() throws {
    try withModules { box in
      let run = try limited(box, ["--output", "out", "m", "new.wasm", "newer.wasm"]).run()
      #expect(run.ending == .exited(69))
      #expect(
        run.errors.masked == """
          wasmprecompile: error: \(Self.lack)
          exported 1 artifact
          3 modules: 0 compiled, 1 up to date, 2 failed (TIME)

          """)
      // Programs tell modules apart.
      let json = try MachineOutput(
        try limited(box, ["--format", "json", "m", "new.wasm", "newer.wasm"]).run().output, in: box)
      #expect(json.of("module").count { $0["status"] as? String == "failed" } == 2)
      #expect(json.of("summary").first?["exit_status"] as? Int == 69)
      #expect(box.temporaryFiles == [])
    }
  }

  @Test(arguments: [
    ["path", "--compile", "new.wasm"], ["cache", "verify", "--reproduce", "all"],
    ["--backend", "winch", "m"],
  ]) func whatNeedsACompilerSaysSo(arguments: [String]) throws {
    try withModules { box in
      let run = try limited(box, arguments.map { Argument($0) }).run()
      #expect(run.ending == .exited(69), "\(run.output)")
      #expect(run.errorLines.first == "wasmprecompile: error: \(Self.lack)")
    }
  }

  // MARK: Signals

  /// One thread may be granted: that which waits for signals.
  @Test(arguments: [1, 2]) func theFirstSignalEndsARunThatWaitsToExport(threads: Int) throws {
    try withModules { box in
      try #require(try limited(box, ["--output", "out", "m"]).run().ending == .exited(0))
      let holder = try box.command(
        "flock", ["-x", "out/.wasmprecompile/lock", "sh", "-c", "echo held; exec sleep 1000"]
      ).start()
      #expect(eventually { holder.outputSoFar.contains("held") })
      let waiting = try limited(box, ["--output", "out", "m"], to: threads).start()
      #expect(eventually { Processes.hasOpen(waiting.id, "/out/.wasmprecompile/lock") })
      waiting.send(SIGINT)
      #expect(waiting.wait().ending == .signalled(SIGINT))
      holder.sendToAll(SIGKILL)
      _ = holder.wait()
    }
  }

  @Test func theFirstSignalEndsARunThatWaitsForAnother() throws {
    try withModules { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      let first = try box.tool("slow.wasm").wrapped(in: Self.user).start()
      let child = try box.busyChild(of: first)
      kill(child, SIGSTOP)
      let second = try limited(box, ["slow.wasm"]).start()
      // What is claimed by another is waited for.
      #expect(eventually { Processes.hasOpen(second.id, "/lock") })
      second.send(SIGINT)
      #expect(second.wait().ending == .signalled(SIGINT))
      kill(child, SIGCONT)
      #expect(first.wait().ending == .exited(0))
    }
  }
}
