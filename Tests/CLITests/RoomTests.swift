import Foundation
import Glibc
import TestSupport
import Testing

/// The room that runs and watchers make by themselves, and when.
@Suite struct RoomTests {
  private static let warning = "max-size 20K has no room for "

  private func write(_ count: Int, in box: Sandbox) throws {
    for number in 1...count { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
  }

  /// The names of everything that was exported.
  private func exports(in box: Sandbox) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: box.work + "/out").filter { $0.hasSuffix(".cwasm") }.sorted()
  }

  private var winch: [Argument] { ["--backend", "winch"] }

  // MARK: Runs

  @Test func exportsAreWrittenBeforeRoomIsMade() throws {
    try Sandbox.use { box in
      try write(4, in: box)
      let run = try box.succeed(winch + ["--max-size", "20k", "--output", "out", "tree"])
      #expect(run.errors.contains("wasmprecompile: warning: " + Self.warning), "\(run.errors)")
      #expect(run.errorLines.contains("exported 4 artifacts"), "\(run.errors)")
      let names = (1...4).map { "\($0).cwasm" }
      #expect(try exports(in: box) == names)
      #expect(box.entries(try #require(box.engines.first)).count < 4)
      let artifacts = names.map { PythonClient.Artifact(backend: "winch", use: "value", path: "\(box.work)/out/\($0)") }
      #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["1", "2", "3", "4"])
    }
  }

  @Test func theWarningComesBeforeTheSummary() throws {
    try Sandbox.use { box in
      try write(4, in: box)
      let run = try box.succeed(winch + ["--max-size", "20k", "--format", "json", "--output", "out", "tree"])
      let lines = try MachineOutput(run.output, in: box)
      let warnings = lines.objects.filter { $0["type"] as? String == "warning" }.compactMap { $0["message"] as? String }
      #expect(warnings.count == 1 && warnings[0].hasPrefix(Self.warning), "\(warnings)")
      #expect(lines.types.count { $0 == "export" } == 4)
      #expect(lines.objects.last?["exit_status"] as? Int == 0)
    }
  }

  @Test func aCacheHasALimitThatNobodyChose() throws {
    try Sandbox.use { box in
      try write(3, in: box)
      try box.succeed(winch + ["tree"])
      func limit(_ arguments: Argument...) throws -> String? {
        try box.succeed(["cache", "stats"] + arguments).outputLines.first { $0.hasPrefix("limit") }
      }
      #expect(try limit() == "limit      10.0 GB, 1 % used; runs keep to it once an hour")
      #expect(try limit("--max-size", "none") == "limit      none")
      let half = try limit("--max-size", "80k")
      #expect(half?.contains(#/^limit      80.0 kB, 5\d % used; /#) == true, "\(half ?? "")")
      let stats = try MachineOutput(try box.succeed("cache", "stats", "--format", "json").output, in: box)
      #expect(stats.objects.contains { $0["max_size"] as? Int == 10_000_000_000 })
      // A run with nothing to do does not look whether it is kept to.
      let mark = box.cache + "/v1/evicted"
      #expect(FileManager.default.fileExists(atPath: mark))
      try FileManager.default.removeItem(atPath: mark)
      try box.succeed(winch + ["tree"])
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }

  @Test(arguments: ["--dry-run", "--check", "--frozen"]) func whoOnlyLooksMakesNoRoom(_ option: String) throws {
    try Sandbox.use { box in
      try write(3, in: box)
      try box.succeed(winch + ["--max-size", "none", "tree"])
      let run = try box.succeed(winch + [Argument(option), "--max-size", "1B", "tree"])
      #expect(!run.errors.contains("max-size"), "\(run.errors)")
      #expect(box.entries(try #require(box.engines.first)).count == 3)
      #expect(!FileManager.default.fileExists(atPath: box.cache + "/v1/evicted"))
    }
  }

  // MARK: Watchers

  @Test func aWatcherWarnsOnceThatThereIsNoRoom() throws {
    try Sandbox.use { box in
      try write(4, in: box)
      let watch = try box.tool(["--watch", "--max-size", "20k"] + winch + ["tree"]).start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 4 modules\n") })
      #expect(
        eventually { watch.errorsSoFar.contains("wasmprecompile: warning: " + Self.warning) }, "\(watch.errorsSoFar)")
      for number in 5...6 {
        try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm")
        #expect(eventually { watch.errorsSoFar.contains("compiled tree/\(number).wasm with winch") })
      }
      watch.send(SIGINT)
      let result = watch.wait()
      #expect(result.ending == .signalled(SIGINT))
      #expect(result.errorLines.count { $0.contains(Self.warning) } == 1, "\(result.errors)")
    }
  }

  @Test func aWatcherWarnsProgramsOnce() throws {
    try Sandbox.use { box in
      try write(4, in: box)
      let watch = try box.tool(["--watch", "--max-size", "20k", "--format", "json"] + winch + ["tree"]).start()
      #expect(eventually { watch.outputSoFar.contains(Self.warning) }, "\(watch.outputSoFar)")
      try box.write(WasmBinary.returning(5), to: "tree/5.wasm")
      #expect(eventually { watch.outputSoFar.lines.contains { $0.contains("tree/5.wasm") && $0.contains("compiled") } })
      watch.send(SIGINT)
      let result = watch.wait()
      let lines = try MachineOutput(result.output, in: box)
      let warnings = lines.objects.filter { $0["type"] as? String == "warning" }.compactMap { $0["message"] as? String }
      #expect(warnings.count == 1 && warnings[0].hasPrefix(Self.warning), "\(warnings)")
    }
  }
}

/// What a run and a watcher of one tree remember of its files.
@Suite struct CatalogRootTests {
  /// The catalog's rows of files, each with its contents.
  private func rows(in box: Sandbox) throws -> [String] {
    let script = """
      import sqlite3, sys
      for row in sqlite3.connect(sys.argv[1]).execute("select root, inode, hex(record) from stat order by 1, 2"): print(row)
      """
    let result = try box.command("python3", ["-c", Argument(script), Argument(box.cache + "/v1/catalog.sqlite")]).run()
    #expect(result.ending == .exited(0), "\(result.errors)")
    return result.outputLines
  }

  @Test func aWatcherReadsNothingThatARunHasRead() throws {
    try Sandbox.use { box in
      for (number, place) in ["", "a/", "a/b/", "c/"].enumerated() {
        try box.write(WasmBinary.returning(number), to: "tree/\(place)m.wasm")
      }
      // A file that was written just now may change once more without a sign.
      usleep(2_100_000)
      try box.succeed("--backend", "winch", "tree")
      let before = try rows(in: box)
      #expect(before.count == 4)
      let watch = try box.tool("--watch", "--backend", "winch", "tree").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 4 modules\n") })
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
      #expect(try rows(in: box) == before, "none is new, and none was hashed again")
      try box.write(WasmBinary.returning(7), to: "tree/a/b/m.wasm")
      let next = try box.tool("--watch", "--backend", "winch", "tree").start()
      #expect(eventually { next.errorsSoFar.contains("compiled tree/a/b/m.wasm with winch") })
      #expect(eventually { next.errorsSoFar.contains("ready: watching 4 modules\n") })
      next.send(SIGINT)
      #expect(next.wait().ending == .signalled(SIGINT))
      let after = try rows(in: box)
      #expect(after.count == 4 && Set(after).intersection(before).count == 3)
    }
  }
}
