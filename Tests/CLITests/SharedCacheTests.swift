import Foundation
import Glibc
import TestSupport
import Testing

/// Several copies of the tool on one cache share the work.
@Suite struct SharedCacheTests {
  /// The lines `compiled MODULE with BACKEND` of all runs, sorted.
  private func compiled(_ results: [CommandResult]) -> [String] {
    results.flatMap(\.errorLines).filter { $0.hasPrefix("compiled ") }.map { String($0.prefix { $0 != "," }) }.sorted()
  }

  @Test func twoCopiesStartedTogetherCompileEachModuleOnce() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      for number in 1...40 { try box.write(WasmBinary.returning(number), to: "build/\(number).wasm") }
      let names = try FileManager.default.contentsOfDirectory(atPath: box.work + "/build")
      for backend in ["cranelift", "winch"] {
        let runs = try (1...2).map { _ in try box.tool("--backend", "\(backend)", "build").start() }
        let results = runs.map { $0.wait() }
        for result in results { #expect(result.ending == .exited(0), "\(result.errors)") }
        #expect(compiled(results) == names.map { "compiled build/\($0) with \(backend)" }.sorted())
      }
      #expect(try box.succeed("cache", "verify").output.masked == "\(2 * names.count) entries, SIZE: all good\n")
      #expect(box.temporaryFiles == [])
    }
  }

  @Test func fourCopiesWithOverlappingRootsCompileEachModuleOnce() throws {
    try Sandbox.use { box in
      var names: [String] = []
      for (index, directory) in ["a", "b", "c", "d"].enumerated() {
        for number in 1...12 {
          names.append("\(directory)/\(number).wasm")
          try box.write(WasmBinary.returning(100 * index + number), to: "\(directory)/\(number).wasm")
        }
      }
      let roots: [[Argument]] = [["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"]]
      let runs = try roots.map { try box.tool($0).start() }
      let results = runs.map { $0.wait() }
      for result in results { #expect(result.ending == .exited(0), "\(result.errors)") }
      #expect(compiled(results) == names.map { "compiled \($0) with cranelift" }.sorted())
      for result in results { #expect(result.errorLines.last?.hasPrefix("24 modules: ") == true) }
      #expect(try box.succeed("cache", "verify").output.masked == "48 entries, SIZE: all good\n")
      #expect(box.temporaryFiles == [])
    }
  }

  @Test func aCopyWaitsForTheModuleThatAnotherCompiles() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      let first = try box.tool("slow.wasm").start()
      let child = try box.busyChild(of: first)
      kill(child, SIGSTOP)
      // Smaller, so that it is compiled after the attempt to begin the slow one.
      try box.write(WasmBinary.returning(1), to: "other.wasm")
      let second = try box.tool("-v", "-j", "1", "slow.wasm", "other.wasm").start()
      #expect(eventually { second.errorsSoFar.contains("compiled other.wasm with cranelift") })
      kill(child, SIGCONT)
      let results = [first.wait(), second.wait()]
      #expect(
        results[0].errorLines.map(\.masked) == [
          "compiled slow.wasm with cranelift, SIZE → SIZE, TIME",
          "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)",
        ])
      #expect(
        results[1].errorLines.dropFirst(2).map(\.masked) == [
          "compiled other.wasm with cranelift, SIZE → SIZE, TIME",
          "up to date slow.wasm with cranelift (compiled by another process meanwhile)",
          "2 modules: 1 compiled, 1 up to date (SIZE → SIZE in TIME)",
        ])
      for result in results { #expect(result.ending == .exited(0)) }
    }
  }

  @Test func aCopyTakesOverFromOneThatIsKilled() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      let first = try box.tool("slow.wasm").start()
      let child = try box.busyChild(of: first)
      kill(child, SIGSTOP)
      try box.write(WasmBinary.returning(1), to: "other.wasm")
      let second = try box.tool("-j", "1", "slow.wasm", "other.wasm").start()
      #expect(eventually { second.errorsSoFar.contains("compiled other.wasm with cranelift") })
      first.send(SIGKILL)
      #expect(first.wait().ending == .signalled(SIGKILL))
      kill(child, SIGCONT)
      let result = second.wait()
      #expect(result.ending == .exited(0))
      #expect(result.errorLines.last?.masked == "2 modules: 2 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
    }
  }

  @Test func aCopyThatHangsIsWaitedForOnlyAsLongAsAModuleMayTake() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      let first = try box.tool("slow.wasm").start()
      let child = try box.busyChild(of: first)
      first.send(SIGSTOP)
      kill(child, SIGSTOP)
      let second = try box.tool("--timeout", "20", "slow.wasm").run()
      #expect(second.ending == .exited(0))
      #expect(
        second.errors.masked == """
          compiled slow.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
      kill(child, SIGCONT)
      first.send(SIGCONT)
      #expect(first.wait().ending == .exited(0))
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
    }
  }
}
