import Foundation
import TestSupport
import Testing

/// Files that change under the tool's hands are never half compiled.
@Suite struct ChangingFileTests {
  @Test func aFileThatIsRewrittenAllTheTime() throws {
    try Sandbox.use { box in
      // Large, so that reading it takes much longer than the next write to come.
      try box.write(WasmBinary.heavy(size: 128 << 20), to: "busy.wasm")
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      let writer = try box.command(
        "python3",
        [
          "-c",
          """
          import os
          file = os.open("busy.wasm", os.O_RDWR)
          parent = os.getppid()
          while os.getppid() == parent:
              os.pwrite(file, b"\\0", 4 << 20)
              open("written", "w").close()
          """,
        ]
      ).start()
      #expect(eventually { FileManager.default.fileExists(atPath: box.work + "/written") })
      let run = try box.tool("busy.wasm", "good.wasm").run()
      writer.send(SIGKILL)
      _ = writer.wait()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          busy.wasm: error: changed while it was being read: run again when its writer has finished
          compiled good.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date, 1 unreadable (SIZE → SIZE in TIME)

          """)
      try box.succeed("busy.wasm")
    }
  }

  /// The first module is held in its child while the others, looked up already, change: they are compiled as they were.
  @Test func filesThatChangeOrVanishBetweenLookUpAndCompilation() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "first.wasm")
      try box.write(WasmBinary.returning(1), to: "changed.wasm")
      try box.write(WasmBinary.returning(2), to: "vanished.wasm")
      try box.write(WasmBinary.returning(3), to: "a-name.wasm")
      try box.write(WasmBinary.returning(3), to: "other-name.wasm")
      try box.write(WasmBinary.returning(4), to: "good.wasm")
      let run = try box.tool("-j", "1", ".").start()
      let child = try box.busyChild(of: run)
      kill(child, SIGSTOP)
      try box.write(WasmBinary.returning(5), to: "changed.wasm")
      try box.remove("vanished.wasm")
      try box.remove("a-name.wasm")
      kill(child, SIGCONT)
      let result = run.wait()
      #expect(result.ending == .exited(0))
      #expect(
        result.errorLines.map(\.masked).sorted() == [
          "5 modules: 5 compiled, 0 up to date (SIZE → SIZE in TIME)",
          "compiled ./a-name.wasm with cranelift, SIZE → SIZE, TIME",
          "compiled ./changed.wasm with cranelift, SIZE → SIZE, TIME",
          "compiled ./first.wasm with cranelift, SIZE → SIZE, TIME",
          "compiled ./good.wasm with cranelift, SIZE → SIZE, TIME",
          "compiled ./vanished.wasm with cranelift, SIZE → SIZE, TIME",
        ])
      let answer = try box.succeed("path", "other-name.wasm").outputLines
      #expect(try PythonClient(release: .standard).load(answer.map { .init(use: "value", path: $0) }, in: box) == ["3"])
      // Nothing of the old content was stored under the new one's name.
      let changed = try box.tool("path", "changed.wasm").run()
      #expect(
        changed.errors
          == "changed.wasm: error: the cache has no artifact for cranelift: new module; make it with --compile\n")
    }
  }
}
