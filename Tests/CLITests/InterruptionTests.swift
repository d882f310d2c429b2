import Foundation
import Glibc
import TestSupport
import Testing

/// However a run ends, no child lives on, the next run completes, and what the cache holds is whole.
@Suite struct InterruptionTests {
  @Test func whatADeadWriterLeftGoesEvenIfNothingIsLeftToCompile() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      let temporary = box.cache + "/v1/tmp"
      for name in ["0123456789abcdef", "fedcba9876543210"] {
        try FileManager.default.createDirectory(atPath: "\(temporary)/\(name)", withIntermediateDirectories: false)
      }
      try Data([1, 2, 3]).write(to: URL(filePath: temporary + "/0123456789abcdef/1"))
      try box.succeed("-n", "one.wasm")
      #expect(box.temporaryFiles.count == 2)
      try box.succeed("one.wasm")
      #expect(box.temporaryFiles == [])
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [false, true])
  func aSignalEndsTheRunAndIsWhatItDiesOf(signal: Int32, isSentToChildren: Bool) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      try box.write(WasmBinary.heavy(WasmBinary.returning(1), size: 20_000), to: "first.wasm")
      try box.write(WasmBinary.returning(2), to: "last.wasm")
      let run = try box.tool("-j", "1", ".").start()
      #expect(eventually { run.errorsSoFar.contains("compiled ./first.wasm") })
      kill(try box.busyChild(of: run), SIGSTOP)
      if isSentToChildren { run.sendToAll(signal) } else { run.send(signal) }
      let result = run.wait()
      #expect(result.ending == .signalled(signal))
      #expect(
        result.errors.masked
          == """
          compiled ./first.wasm with cranelift, SIZE → SIZE, TIME
          interrupted: 3 modules: 1 compiled, 0 up to date, 2 not begun (SIZE → SIZE in TIME)

          """)
      box.expectNoProcess()
      #expect(box.temporaryFiles == [])
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
      let next = try box.succeed(".")
      #expect(next.errorLines.last?.masked == "3 modules: 2 compiled, 1 up to date (SIZE → SIZE in TIME)")
    }
  }

  /// Whoever took a child over can have it ignore every signal but one.
  @Test func aChildThatIgnoresSignalsEndsWithItsRun() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      var command = box.tool("-j", "1", "one.wasm")
      command.environment["WASMPRECOMPILE_SANDBOX_PROBE"] = "linger"
      let run = try command.start()
      let child = try box.busyChild(of: run)
      run.send(SIGKILL)
      #expect(run.wait().ending == .signalled(SIGKILL))
      #expect(eventually { Processes.hasEnded(child) })
    }
  }

  @Test(arguments: [(SIGINT, "130\n"), (SIGTERM, "143\n")])
  func aShellSeesWhatInterruptedIt(signal: Int32, status: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 400), to: "slow.wasm")
      let shell = try box.command("bash", ["-c", "\"$0\" slow.wasm; echo $?", "\(box.executable)"]).start()
      let tool = { Processes.marked(box.mark).first { Processes.parent($0) == shell.id } }
      #expect(
        eventually {
          Processes.marked(box.mark).contains { Processes.parent($0) == tool() && Processes.isCompiling($0) }
        })
      kill(try #require(tool()), signal)
      #expect(shell.wait().output == status)
    }
  }

  @Test func childrenInTheMiddleOfLongCompilationsDieWithTheirParent() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.bomb(depth: 400 + number), to: "\(number).wasm") }
      let run = try box.tool("-j", "2", ".").start()
      let busy = { Processes.marked(box.mark).filter { Processes.isCompiling($0) && $0 != run.id } }
      #expect(eventually { busy().count == 2 })
      run.send(SIGKILL)
      #expect(run.wait().ending == .signalled(SIGKILL))
      box.expectNoProcess()
    }
  }

  @Test func aSignalThatTheStarterIgnoresIsIgnored() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      let run = try box.tool("slow.wasm").wrapped(in: ["nohup"]).start()
      let child = try box.busyChild(of: run)
      kill(child, SIGSTOP)
      run.send(SIGHUP)
      kill(child, SIGCONT)
      #expect(run.wait().ending == .exited(0))
    }
  }

  @Test func aChildThatIsKilledCostsOneModule() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "victim.wasm")
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      for (signal, words) in [(SIGKILL, "9 (killed)"), (SIGABRT, "6 (aborted)")] {
        let run = try box.tool("-j", "1", ".").start()
        kill(try box.busyChild(of: run), signal)
        let result = run.wait()
        #expect(result.ending == .exited(1))
        #expect(
          result.errors.masked == """
            ./victim.wasm: error: crashed the compiler, which was ended by signal \(words)
            compiled ./1.wasm with cranelift, SIZE → SIZE, TIME
            compiled ./2.wasm with cranelift, SIZE → SIZE, TIME
            compiled ./3.wasm with cranelift, SIZE → SIZE, TIME
            compiled ./4.wasm with cranelift, SIZE → SIZE, TIME
            5 modules: 4 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)

            """)
        #expect(box.temporaryFiles == [])
        try box.removeCache()
      }
      try box.succeed(".")
    }
  }
}
