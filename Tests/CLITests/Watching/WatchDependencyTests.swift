import Foundation
import Glibc
import TestSupport
import Testing

/// Modules are ready only with the engine, the cache and the configuration that there are now.
@Suite struct WatchDependencyTests {
  private static let command: Argument = "echo $WASMPRECOMPILE_CHANGED >> log"

  private func log(_ box: Sandbox) -> [String] {
    ((try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? "").lines
  }

  private func expectLog(_ wanted: [String], _ box: Sandbox, _ watcher: Watcher) {
    #expect(eventually { log(box).count >= wanted.count }, "\(watcher.command.errorsSoFar)")
    #expect(log(box) == wanted)
  }

  private let all = "tree/a.wasm tree/b.wasm"

  private func use(_ body: (Sandbox) throws -> Void) throws {
    try Sandbox.use { box in
      for (number, name) in ["a", "b"].enumerated() {
        try box.write(WasmBinary.returning(number), to: "tree/\(name).wasm")
      }
      try body(box)
    }
  }

  @Test func aClearedCacheIsFilledAgain() throws {
    try use { box in
      let watcher = try Watcher(in: box, "--exec", Self.command, modules: 2)
      expectLog([all], box, watcher)
      try box.succeed("cache", "clear")
      for name in ["a", "b"] { watcher.expectCompiled("\(name).wasm", times: 2) }
      expectLog([all, all], box, watcher)
      try box.succeed("--frozen", "--backend", "winch", "tree")
      // What was made is nothing that has changed.
      try watcher.catchUp()
      let notes = watcher.stop().errorLines.filter { $0.hasPrefix("note: ") }
      #expect(notes.allSatisfy { $0.hasSuffix(": entries were removed from \(box.cache)/v1/engines") }, "\(notes)")
    }
  }

  @Test func aReplacedEngineMakesEverythingAgain() throws {
    try use { box in
      try FileManager.default.copyItem(atPath: box.installedEngine, toPath: box.work + "/engine.so")
      let watcher = try Watcher(in: box, "--engine", "engine.so", "--exec", Self.command, modules: 2)
      expectLog([all], box, watcher)
      // The same release without its build's number is another build. The file under its old name is in use.
      let script = """
        import os
        bytes = bytearray(open("engine.so", "rb").read())
        bytes[bytes.index(b"\\3\\0\\0\\0GNU\\0")] = 9
        open("new.so", "wb").write(bytes)
        os.rename("new.so", "engine.so")
        """
      let made = try box.command("python3", ["-c", Argument(script)]).run()
      try #require(made.ending == .exited(0), "\(made.errors)")
      for name in ["a", "b"] { watcher.expectCompiled("\(name).wasm", times: 2) }
      expectLog([all, all], box, watcher)
      watcher.expect("note: listed 1 directory again: engine.so has changed")
      watcher.stop()
    }
  }

  /// What a compiler starts itself decides as much as its own files, and only the compiler says where it is.
  @Test func aReplacedHelperMakesEverythingAgain() throws {
    try use { box in
      let helper = try box.describeWithHelper()
      let watch = try box.tool("--watch", "--backend", "test-c", "tree").start()
      func compilations() -> [String] {
        watch.errorsSoFar.lines.filter { $0.hasPrefix("compiled ") }.map { String($0.prefix(24)) }.sorted()
      }
      let once = ["compiled tree/a.wasm with", "compiled tree/b.wasm with"].map { String($0.prefix(24)) }
      #expect(eventually { compilations() == once }, "\(watch.errorsSoFar)")
      #expect(eventually { watch.errorsSoFar.contains("ready: ") }, "\(watch.errorsSoFar)")
      try box.replaceHelper(printing: "TEST two")
      #expect(eventually { compilations() == (once + once).sorted() }, "\(watch.errorsSoFar)")
      #expect(
        eventually { watch.errorsSoFar.contains("note: listed 1 directory again: \(helper) has changed\n") },
        "\(watch.errorsSoFar)")
      watch.send(SIGINT)
      _ = watch.wait()
      let artifact = try #require(try box.succeed("path", "--backend", "test-c", "tree/a.wasm").outputLines.last)
      #expect(try String(contentsOfFile: artifact, encoding: .utf8) == "TEST two\n")
    }
  }

  @Test func aChangedConfigurationIsReadAgain() throws {
    try use { box in
      let tool = box.tool("--watch", "tree")
      try box.write("backends = \"winch\"\n", to: ".wasmprecompile.toml")
      let watch = try tool.start()
      #expect(eventually { watch.errorsSoFar.contains("ready: ") }, "\(watch.errorsSoFar)")
      try box.write("backends = \"pulley\"\n", to: "new.toml")
      #expect(rename(box.work + "/new.toml", box.work + "/.wasmprecompile.toml") == 0)
      #expect(eventually { watch.errorsSoFar.lines.count { $0.hasPrefix("ready: ") } == 2 }, "\(watch.errorsSoFar)")
      #expect(watch.errorsSoFar.contains("note: the configuration has changed: starting again with it\n"))
      for name in ["a", "b"] { #expect(watch.errorsSoFar.contains("compiled tree/\(name).wasm with pulley")) }
      // What cannot be used is told, and changes nothing.
      try box.write("backends = 1\n", to: ".wasmprecompile.toml")
      #expect(eventually { watch.errorsSoFar.contains(": going on with what was read before\n") })
      try box.write(WasmBinary.returning(3), to: "tree/c.wasm")
      #expect(eventually { watch.errorsSoFar.contains("compiled tree/c.wasm with pulley") })
      watch.send(SIGTERM)
      #expect(watch.wait().ending == .signalled(SIGTERM))
    }
  }

  @Test func oneFileChangesUnderAllItsNames() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/deps/a-1.wasm")
      try #require(link(box.work + "/tree/deps/a-1.wasm", box.work + "/tree/a.wasm") == 0)
      let watcher = try Watcher(in: box, "--exec", Self.command, modules: 1)
      let both = "tree/a.wasm tree/deps/a-1.wasm"
      expectLog([both], box, watcher)
      let file = try #require(FileHandle(forWritingAtPath: box.work + "/tree/deps/a-1.wasm"))
      try file.write(contentsOf: Data(WasmBinary.returning(2)))
      try file.close()
      expectLog([both, both], box, watcher)
      watcher.stop()
    }
  }
}
