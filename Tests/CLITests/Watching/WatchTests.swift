import Foundation
import Glibc
import TestSupport
import Testing

/// `--watch`, from the first file to the signal that ends it.
@Suite struct WatchTests {
  @Test func followsEveryWriterAndDiesByItsSignal() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/first.wasm")
      let watch = try box.tool("--watch", "--backend", "winch", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 1 module\n") })

      let writers = [
        ("copied", "cp source.wasm tree/copied.wasm", "was written"),
        ("moved", "cp source.wasm moving && mv moving tree/moved.wasm", "was moved in"),
        ("saved", "cp source.wasm tree/saved.tmp && mv tree/saved.tmp tree/saved.wasm", "was moved in"),
        ("linked", "cp source.wasm other.wasm && ln other.wasm tree/linked.wasm", "was created"),
        ("deep", "mkdir -p tree/a/b && cp source.wasm tree/a/b/deep.wasm", nil),
      ]
      for (number, (name, script, happening)) in writers.enumerated() {
        try box.write(WasmBinary.returning(100 + number), to: "source.wasm")
        #expect(try box.command("sh", ["-ec", Argument(script)]).run().ending == .exited(0))
        let wanted = happening.map { "; ready TIME after it \($0)" } ?? ""
        #expect(
          eventually {
            watch.errorsSoFar.masked.lines.contains {
              $0.hasPrefix("compiled tree/") && $0.contains("/\(name).wasm with winch, ") && $0.hasSuffix(wanted)
            }
          }, "\(name):\n\(watch.errorsSoFar)")
      }
      watch.send(SIGINT)
      let result = watch.wait()
      #expect(result.ending == .signalled(SIGINT))
      #expect(result.errorLines.count { $0.hasPrefix("compiled ") } == 1 + writers.count, "\(result.errors)")
      #expect(try box.succeed("--backend", "winch", "tree").errors.masked.hasSuffix("up to date (TIME)\n"))
      #expect(try box.succeed("cache", "verify").output.hasSuffix(": all good\n"))
    }
  }

  @Test func saysWhatIsNoModuleAndWhatIsGone() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/gone.wasm")
      let watch = try box.tool("--watch", "--backend", "winch", "--explain", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: ") })
      try box.write("(module)", to: "tree/text.wasm")
      let text = "tree/text.wasm: error: is WebAssembly text, not binary: convert it with `wat2wasm`\n"
      #expect(eventually { watch.errorsSoFar.contains(text) })
      try box.write(WasmBinary.returning(2), to: "tree/new.wasm")
      #expect(eventually { watch.errorsSoFar.masked.contains("TIME (new module); ready TIME after it was written\n") })
      // What was no module is no news when it goes.
      try box.remove("tree/text.wasm")
      try box.remove("tree/gone.wasm")
      #expect(
        eventually { watch.errorsSoFar.contains("removed tree/gone.wasm (its artifacts stay in the cache)\n") },
        "\(watch.errorsSoFar)")
      watch.send(SIGINT)
      let result = watch.wait()
      #expect(result.ending == .signalled(SIGINT))
      #expect(result.errorLines.count { $0.hasPrefix("removed ") } == 1)
    }
  }

  @Test func saysWhatIsWrongBeforeItIsReady() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      try box.write("(module)", to: "tree/text.wasm")
      let watch = try box.tool("--watch", "--backend", "winch", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: ") })
      watch.send(SIGINT)
      let lines = watch.wait().errorLines
      #expect(
        lines.suffix(2) == [
          "tree/text.wasm: error: is WebAssembly text, not binary: convert it with `wat2wasm`",
          "ready: watching 1 module",
        ])
    }
  }

  @Test func makesAllBackendsInTheOrderGiven() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
      let watch = try box.tool("--watch", "-j", "1", "--backend", "winch", "--backend", "cranelift", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 3 modules\n") })
      watch.send(SIGINT)
      let backends = watch.wait().errorLines.dropLast().compactMap {
        $0.contains("with winch,") ? "winch" : "cranelift"
      }
      #expect(backends == ["winch", "winch", "winch", "cranelift", "cranelift", "cranelift"])
    }
  }

  @Test func runsTheCommandAfterEachBatchAndReportsItsStatus() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let command = #"printf '%s\n' "$WASMPRECOMPILE_CHANGED" >> changed; exit 3"#
      let watch = try box.tool("--watch", "--backend", "winch", "--exec", Argument(command), "tree").start()
      #expect(eventually { (try? String(contentsOfFile: box.work + "/changed", encoding: .utf8)) == "tree/a.wasm\n" })
      #expect(eventually { watch.errorsSoFar.contains("--exec: error: the command exited with status 3\n") })
      try box.write(WasmBinary.returning(2), to: "tree/b.wasm")
      #expect(
        eventually {
          (try? String(contentsOfFile: box.work + "/changed", encoding: .utf8)) == "tree/a.wasm\ntree/b.wasm\n"
        })
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
    }
  }

  /// With a module that takes minutes, found at the start or written later.
  @Test(arguments: [SIGINT, SIGTERM], [true, false]) func stopsAlthoughItCompiles(signal: Int32, atStart: Bool) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/first.wasm")
      if atStart { try box.write(WasmBinary.bomb(depth: 400), to: "tree/bomb.wasm") }
      let watch = try box.tool("--watch", "-j2", "tree").start()
      let sign = atStart ? "compiled tree/first.wasm with cranelift, " : "ready: watching 1 module\n"
      #expect(eventually { watch.errorsSoFar.contains(sign) }, "\(watch.errorsSoFar)")
      if !atStart { try box.write(WasmBinary.bomb(depth: 400), to: "tree/bomb.wasm") }
      _ = try box.busyChild(of: watch)
      let told = watch.errorsSoFar
      let start = ContinuousClock.now
      watch.send(signal)
      let result = watch.wait()
      print("the watcher stopped \(ContinuousClock.now - start) after its signal while it compiled")
      #expect(result.ending == .signalled(signal))
      #expect(result.errors == told, "the compilation did not come to its end, and nothing is said of it")
      box.expectNoProcess()
      #expect(box.temporaryFiles == [])
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
    }
  }

  @Test func rescansWhenAsked() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watch = try box.tool("--watch", "--backend", "winch", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: ") })
      watch.send(SIGHUP)
      #expect(eventually { watch.errorsSoFar.contains("note: listed 1 directory again\n") }, "\(watch.errorsSoFar)")
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
    }
  }

  @Test func leavesOutWhatIsExcluded() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/.git/a.wasm")
      try box.write(WasmBinary.returning(2), to: "tree/skipped/b.wasm")
      let watch = try box.tool(
        "--watch", "--backend", "winch", "--exclude", "skipped/", "--exclude", "t-*.wasm", "tree"
      )
      .start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 0 modules\n") }, "\(watch.errorsSoFar)")
      try box.write(WasmBinary.returning(3), to: "tree/skipped/c.wasm")
      try box.write(WasmBinary.returning(4), to: "tree/t-1.wasm")
      try box.write(WasmBinary.returning(5), to: "tree/taken.wasm")
      #expect(eventually { watch.errorsSoFar.contains("compiled tree/taken.wasm") })
      watch.send(SIGINT)
      #expect(watch.wait().errorLines.count { $0.hasPrefix("compiled ") } == 1)
    }
  }

  @Test(arguments: [
    (["--exec", "true", "."], "--exec, --restart, --debounce, --poll and --clear go with --watch"),
    (["--debounce", "50", "."], "--exec, --restart, --debounce, --poll and --clear go with --watch"),
    (["--poll", "."], "--exec, --restart, --debounce, --poll and --clear go with --watch"),
    (["--clear", "."], "--exec, --restart, --debounce, --poll and --clear go with --watch"),
    (
      ["--watch", "--follow-links", "."], "--watch goes without --follow-links: name the directories that links lead to"
    ),
    (["--watch", "--restart", "."], "--restart is about the command of --exec: name one"),
    (["--watch", "-n", "."], "--watch goes with none of --dry-run, --check, --frozen, --force and --fail-fast"),
  ]) func refusesWhatMakesNoSense(arguments: [String], message: String) throws {
    try Sandbox.use { box in
      let result = try box.tool(arguments.map { Argument($0) }).run()
      #expect(result.ending == .exited(64))
      #expect(result.errorLines.first == "Error: \(message)")
    }
  }

  /// A watcher that could never compile anything does not say that it is ready.
  @Test(arguments: [["--engine", "/absent.so"], ["--cpu", "nonsense"], ["-W", "simd=n"]])
  func endsWhereNothingCouldBeCompiled(_ options: [String]) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let all = options.map { Argument($0) } + ["tree"]
      let run = try box.tool(all).run()
      let watch = try box.tool(["--watch"] + all).run()
      #expect(watch.ending == run.ending && watch.ending != .exited(0))
      #expect(watch.errors == run.errors)
    }
  }
}
