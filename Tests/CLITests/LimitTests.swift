import Foundation
import Glibc
import TestSupport
import Testing

/// What a module may cost has an end, and whoever meets it is told which option moves it.
@Suite struct LimitTests {
  @Test func aModuleThatIsTooLargeIsNotRead() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.heavy(size: 2000), to: "large.wasm")
      try box.write(WasmBinary.returning(1), to: "small.wasm")
      let run = try box.tool("--max-module", "1Ki", ".").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.first
          == "./large.wasm: error: has 2043 bytes, more than --max-module 1Ki allows: raise it")
      #expect(run.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date, 1 unreadable (SIZE → SIZE in TIME)")
      try box.succeed("--max-module", "2043B", ".")
    }
  }

  /// A file that says it is larger than memory is refused by its size alone.
  @Test func aGibibyteIsTheDefault() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "huge.wasm")
      try #require(truncate(box.work + "/huge.wasm", 1 << 30 + 1) == 0)
      for command in [["huge.wasm"], ["path", "--compile", "huge.wasm"], ["hash", "huge.wasm"]] as [[Argument]] {
        let run = try box.tool(command).run()
        #expect(run.ending == .exited(1))
        #expect(
          run.errorLines.first
            == "huge.wasm: error: has 1073741825 bytes, more than --max-module 1Gi allows: raise it")
      }
    }
  }

  @Test func anArtifactThatIsTooLargeIsNotStored() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let run = try box.tool("--max-artifact", "4Ki", "one.wasm").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.first == "one.wasm: error: makes an artifact larger than --max-artifact 4Ki allows: raise it")
      #expect(box.temporaryFiles == [])
      #expect(try box.succeed("cache", "verify").output == "0 entries, 0 B: all good\n")
      try box.succeed("one.wasm")
    }
  }

  @Test(.unsanitized("memory"))
  func aCompilerThatNeedsTooMuchMemoryIsEnded() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 200), to: "bomb.wasm")
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      let run = try box.tool("-j", "1", "--max-memory", "32Mi", ".").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          ./bomb.wasm: error: needs more memory to compile than --max-memory 32Mi allows: raise it, or try --backend winch
          compiled ./good.wasm with cranelift, SIZE → SIZE, TIME
          2 modules: 1 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)

          """)
    }
  }

  @Test(arguments: ["--max-module", "--max-artifact", "--max-memory"])
  func sizesAreCheckedBeforeAnythingIsDone(_ option: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      for value in ["1X", "-1", "1..2"] {
        let run = try box.tool("\(option)=\(value)", "one.wasm").run()
        #expect(run.ending == .exited(64))
        #expect(
          run.errorLines.first
            == "Error: The value '\(value)' is invalid for '\(option) <size>': it must be a size such as 500M or 5Gi",
          "\(run.errors)")
      }
    }
  }

  /// What is read is kept for the compiler, and no longer.
  @Test func modulesAreKeptUntilTheyAreCompiled() throws {
    try Sandbox.use { box in
      // The largest go first, so that the bomb comes last.
      let padding = WasmBinary.section(0, WasmBinary.name("") + [UInt8](repeating: 0, count: 1 << 16))
      for number in 1...5 { try box.write(WasmBinary.returning(number) + padding, to: "\(number).wasm") }
      try box.write(WasmBinary.bomb(depth: 400), to: "bomb.wasm")
      let run = try box.tool("-j", "1", ".").start()
      #expect(eventually { run.errorsSoFar.lines.count { $0.hasPrefix("compiled ") } == 5 })
      #expect(Processes.modulesInMemory(run.id) <= 1)
      run.send(SIGTERM)
      #expect(run.wait().ending == .signalled(SIGTERM))
    }
  }

  // MARK: The compile bomb

  /// Nested loops to a depth of 400 take minutes; beside the modules of real programs, where there are any: a dozen, or
  /// all of them with WASMPRECOMPILE_TEST_BOMB=all.
  @Test func aBombEndsAtItsDeadlineAndEverythingElseIsCompiled() throws {
    try Sandbox.use { box in
      let isWhole = ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_BOMB"] == "all"
      var others = Corpus.modules.prefix(isWhole ? .max : 12).map { Argument($0) }
      if others.isEmpty {
        try Examples.copy(to: "build", in: box)
        others = ["build"]
      }
      let alone = Date.now
      let whole = try box.succeed(others)
      let ownTime = Date.now.timeIntervalSince(alone)
      let count = whole.errorLines.count - 1
      try box.removeCache()

      try box.write(WasmBinary.bomb(depth: 400), to: "bomb.wasm")
      // Some of the corpus take seconds themselves.
      let deadline = (isWhole ? 30 : 3) * Sanitizer.slowdown
      let start = Date.now
      let run = try box.tool(["--timeout", "\(deadline)", "bomb.wasm"] + others).run()
      let total = Date.now.timeIntervalSince(start)
      #expect(run.ending == .exited(1))
      let failures = run.errorLines.filter { $0.contains(": error: ") }
      #expect(
        failures == ["bomb.wasm: error: was not compiled within \(deadline) s: raise --timeout, or try --backend winch"]
      )
      #expect(run.errorLines.count { $0.hasPrefix("compiled ") } == count)
      print("\(count) modules take \(ownTime) s; with a bomb and its deadline of \(deadline) s beside them: \(total) s")
      box.expectNoProcess()
    }
  }

  /// Whoever should see to the deadline may be suspended; the kernel ends the child all the same.
  @Test func aBombEndsEvenIfNobodyWatchesTheClock() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 400), to: "bomb.wasm")
      var command = box.tool("--timeout", "1", "-j", "1", "bomb.wasm")
      // What counts is the child's processor time, of which a busy machine gives it little.
      command.deadline = 900
      let run = try command.start()
      let child = try box.busyChild(of: run)
      run.send(SIGSTOP)
      #expect((0..<10).contains { _ in eventually { Processes.hasEnded(child) } })
      run.send(SIGCONT)
      let result = run.wait()
      #expect(result.ending == .exited(1))
      #expect(
        result.errorLines.first
          == "bomb.wasm: error: was not compiled within 1 s: raise --timeout, or try --backend winch")
    }
  }
}
