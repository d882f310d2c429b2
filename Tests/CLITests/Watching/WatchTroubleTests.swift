import Foundation
import Glibc
import TestSupport
import Testing

/// A failure that is not the module's own is over when its reason is, without another change of the module.
@Suite struct WatchTroubleTests {
  @Test func aCacheThatCannotBeWrittenToIsTriedAgain() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      try box.succeed("--backend", "winch", "tree")
      var tool = box.tool("--watch", "--backend", "winch", "--exec", "echo $WASMPRECOMPILE_CHANGED >> log", "tree")
      tool = tool.withoutPrivileges
      let watch = try tool.start()
      func log() -> [String] { ((try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? "").lines }
      #expect(eventually { log() == ["tree/a.wasm"] }, "\(watch.errorsSoFar)")
      let temporary = box.cache + "/v1/tmp"
      try #require(chmod(temporary, 0o500) == 0)
      for name in ["b", "c"] { try box.write(WasmBinary.returning(name == "b" ? 2 : 3), to: "tree/\(name).wasm") }
      #expect(eventually { watch.errorsSoFar.contains("tried again\n") }, "\(watch.errorsSoFar)")
      try #require(chmod(temporary, 0o700) == 0)
      #expect(eventually { log().count == 2 }, "\(watch.errorsSoFar)")
      #expect(log().last == "tree/b.wasm tree/c.wasm")
      watch.send(SIGINT)
      let errors = watch.wait().errors
      for name in ["b", "c"] { #expect(errors.contains("compiled tree/\(name).wasm with winch"), "\(errors)") }
    }
  }

  @Test func isReadyWhenTheTroubleIsOver() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      try box.succeed("--backend", "winch", "tree")
      try box.write(WasmBinary.returning(2), to: "tree/b.wasm")
      let temporary = box.cache + "/v1/tmp"
      try #require(chmod(temporary, 0o500) == 0)
      let watch = try box.tool("--watch", "--backend", "winch", "tree").withoutPrivileges.start()
      #expect(eventually { watch.errorsSoFar.contains("tried again\n") }, "\(watch.errorsSoFar)")
      #expect(!watch.errorsSoFar.contains("ready: "))
      try #require(chmod(temporary, 0o700) == 0)
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 2 modules\n") }, "\(watch.errorsSoFar)")
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
    }
  }

  @Test func anEngineThatIsGoneForAWhileIsTriedAgain() throws {
    try Sandbox.use { box in
      try FileManager.default.createDirectory(atPath: box.work + "/tree", withIntermediateDirectories: true)
      try box.link("engine.so", to: box.installedEngine)
      let watch = try box.tool("--watch", "--backend", "winch", "--engine", "engine.so", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 0 modules\n") }, "\(watch.errorsSoFar)")
      try FileManager.default.removeItem(atPath: box.work + "/engine.so")
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      #expect(eventually { watch.errorsSoFar.contains("; it is tried again\n") }, "\(watch.errorsSoFar)")
      #expect(watch.errorsSoFar.contains("error: no engine found, looked for engine.so (--engine) "))
      try box.link("engine.so", to: box.installedEngine)
      #expect(eventually { watch.errorsSoFar.contains("compiled tree/a.wasm with winch") }, "\(watch.errorsSoFar)")
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
    }
  }
}
