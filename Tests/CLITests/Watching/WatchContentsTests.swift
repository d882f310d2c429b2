import Foundation
import Glibc
import TestSupport
import Testing

/// What is news to whoever loads modules is told, whether it has to be compiled or not; what is not is no work.
@Suite struct WatchContentsTests {
  /// Tells of each run of the command in a line of its own.
  private static let command: Argument = #"""
    echo changed $WASMPRECOMPILE_CHANGED, removed $WASMPRECOMPILE_REMOVED | sed 's/ ,/,/; s/ *$//' >> log
    """#

  /// The command's runs so far, without those for `catchUp`.
  private func log(_ box: Sandbox) -> [String] {
    let text = (try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? ""
    return text.lines.map { $0.replacing(#/ tree/caught-up-\d+\.wasm/#, with: "") }.filter { $0 != "changed, removed" }
  }

  private func expectLog(_ wanted: [String], _ box: Sandbox, _ location: SourceLocation = #_sourceLocation) {
    #expect(eventually { log(box).count >= wanted.count }, "\(log(box))", sourceLocation: location)
    #expect(log(box) == wanted, sourceLocation: location)
  }

  private func shell(_ script: Argument, in box: Sandbox) throws {
    let result = try box.command("sh", ["-ec", script]).run()
    #expect(result.ending == .exited(0), "\(script.text): \(result.errors)")
  }

  @Test func contentsThatTheCacheHasAreNewsAllTheSame() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watcher = try Watcher(in: box, "--exec", Self.command, modules: 1)
      var wanted = ["changed tree/a.wasm, removed"]
      expectLog(wanted, box)
      try box.write(WasmBinary.returning(2), to: "tree/a.wasm")
      wanted += ["changed tree/a.wasm, removed"]
      expectLog(wanted, box)

      // Undone: a server would still have the other bytes.
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      watcher.expect("cached tree/a.wasm with winch; ready TIME after it was written")
      wanted += ["changed tree/a.wasm, removed"]
      expectLog(wanted, box)

      // A new name for what there is.
      try shell("cp tree/a.wasm tree/b.wasm", in: box)
      watcher.expect("cached tree/b.wasm with winch; ready TIME after it was written")
      wanted += ["changed tree/b.wasm, removed"]
      expectLog(wanted, box)

      try shell("mv tree/b.wasm tree/c.wasm", in: box)
      watcher.expect("cached tree/c.wasm with winch; ready TIME after it was moved in")
      watcher.expect("removed tree/b.wasm (its artifacts stay in the cache)")
      // In one run, although of what is gone it is known a little later.
      wanted += ["changed tree/c.wasm, removed tree/b.wasm"]
      expectLog(wanted, box)

      // A name that comes back with the same contents is new again.
      try shell("cp tree/c.wasm tree/b.wasm", in: box)
      wanted += ["changed tree/b.wasm, removed"]
      expectLog(wanted, box)

      // The same contents in the same place are not.
      try shell("touch tree/a.wasm; cp tree/c.wasm copy; mv copy tree/c.wasm", in: box)
      try watcher.catchUp()
      #expect(log(box) == wanted)
      let lines = watcher.stop().errorLines
      #expect(lines.count { $0.hasPrefix("compiled tree/a.wasm ") } == 2)
      #expect(lines.count { $0.hasPrefix("cached ") } == 4, "\(lines)")
    }
  }

  @Test func aCheckoutOfWhatWasThereBeforeIsNews() throws {
    try Sandbox.use { box in
      func git(_ arguments: Argument...) throws {
        let identity: [Argument] = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        let result = try box.command("git", identity + arguments).run()
        #expect(result.ending == .exited(0), "\(result.errors)")
      }
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      try git("init", "-q")
      try git("add", "tree")
      try git("commit", "-q", "-m", "one")
      let watcher = try Watcher(in: box, "--exec", Self.command, modules: 1)
      try box.write(WasmBinary.returning(2), to: "tree/a.wasm")
      // Not before the command knows: of a change that is undone at once there is nothing to tell.
      expectLog(Array(repeating: "changed tree/a.wasm, removed", count: 2), box)
      try git("checkout", "-q", "tree/a.wasm")
      #expect(
        eventually { watcher.lines.last?.hasPrefix("cached tree/a.wasm with winch; ready TIME after it was ") == true })
      expectLog(Array(repeating: "changed tree/a.wasm, removed", count: 3), box)
      watcher.stop()
    }
  }

  @Test func whatIsThereAtTheStartIsNewsToTheCommandOnly() throws {
    try Sandbox.use { box in
      for name in ["a", "b"] { try box.write(WasmBinary.returning(1), to: "tree/\(name).wasm") }
      try box.succeed("--backend", "winch", "tree")
      let watcher = try Watcher(in: box, "--exec", Self.command, modules: 0)
      expectLog(["changed tree/a.wasm tree/b.wasm, removed"], box)
      // A look at everything again is no news either.
      watcher.command.send(SIGHUP)
      watcher.expect("note: listed 1 directory again")
      try watcher.catchUp()
      expectLog(["changed tree/a.wasm tree/b.wasm, removed"], box)
      let lines = watcher.stop().errorLines.filter { !$0.contains("caught-up") }
      #expect(lines == ["ready: watching 2 modules", "note: listed 1 directory again"])
    }
  }

  /// A server must not go on with a module that its user has deleted.
  @Test func whatIsGoneIsNews() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
      let watcher = try Watcher(in: box, "--exec", Self.command, modules: 2)
      expectLog(["changed tree/1.wasm tree/2.wasm, removed"], box)
      try box.remove("tree/1.wasm")
      expectLog(["changed tree/1.wasm tree/2.wasm, removed", "changed, removed tree/1.wasm"], box)
      watcher.stop()
    }
  }

  @Test func aModuleThatIsMendedByUndoingIsToldAsMended() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watcher = try Watcher(in: box, modules: 1)
      try box.write("(module)", to: "tree/a.wasm")
      watcher.expect("tree/a.wasm: error: is WebAssembly text, not binary: convert it with `wat2wasm`")
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      watcher.expect("cached tree/a.wasm with winch; ready TIME after it was written")
      watcher.stop()
    }
  }

  /// With two backends, one that the cache has and one that it lacks, each is told.
  @Test func eachBackendIsTold() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "source.wasm")
      try box.succeed("--backend", "winch", "source.wasm")
      let watcher = try Watcher(in: box, "--backend", "cranelift", modules: 0)
      #expect(rename(box.work + "/source.wasm", box.work + "/tree/a.wasm") == 0)
      watcher.expect("cached tree/a.wasm with winch; ready TIME after it was moved in")
      watcher.expect("compiled tree/a.wasm with cranelift, SIZE → SIZE, TIME; ready TIME after it was moved in")
      watcher.stop()
    }
  }
}
