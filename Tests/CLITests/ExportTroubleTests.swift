import Foundation
import TestSupport
import Testing

/// Exports that cannot be written, or not at once.
@Suite struct ExportTroubleTests {
  @Test func namesThatCollideAreRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "x/a.wasm")
      try box.write(WasmBinary.returning(2), to: "y/a.wasm")
      try box.write(WasmBinary.returning(3), to: "y/b.wasm")
      let run = try box.tool("--output", "out", "--stamp", "stamp", "x", "y").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.contains(
          "\nout/a.cwasm: error: would be exported from x/a.wasm and from y/a.wasm: give each its own --output, or name a "
            + "directory above them\nexported 1 artifact\n"), "\(run.errors)")
      #expect(try box.exports("out") == ["b.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/stamp"))
      try box.succeed("--output", "out2", "--stamp", "stamp", ".")
      #expect(try box.exports("out2") == ["x/a.cwasm", "y/a.cwasm", "y/b.cwasm"])
    }
  }

  @Test func aFrozenRunExportsWhatThereIs() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.succeed("m")
      try box.write(WasmBinary.returning(2), to: "m/b.wasm")
      #expect(try box.tool("--frozen", "--output", "out", "--stamp", "stamp", "m").run().ending == .exited(1))
      #expect(try box.exports("out") == ["a.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/stamp"))
      // Runs that only say something write nothing.
      try box.succeed("-n", "--output", "none", "--stamp", "none.stamp", "m")
      #expect(!FileManager.default.fileExists(atPath: box.work + "/none"))
    }
  }

  @Test func linksInTheOutputDirectoryLeadNowhere() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/sub/a.wasm")
      try box.write("", to: "elsewhere/x")
      try box.write("", to: "out/x")
      try box.link("out/sub", to: "../elsewhere")
      let run = try box.tool("--output", "out", "m").run()
      #expect(run.ending == .exited(73))
      #expect(run.errorLines.contains("out/sub/a.cwasm: error: cannot be exported: not a directory"), "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: box.work + "/elsewhere") == ["x"])
    }
  }

  /// Each artifact is held from when it is made again, so that the directory is locked, and its manifest replaced, once for many.
  @Test(.needs(Injection.isPossible, Injection.need)) func whatIsMadeAgainIsWrittenTogether() throws {
    try Sandbox.use { box in
      for number in 0..<20 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("m")
      for number in 0..<20 { try flipBit(ofArtifactAt: try box.artifact("m/\(number).wasm")) }
      let run = try box.tool("--output", "out", "m")
        .wrapped(in: ["strace", "-f", "-qq", "-o", "trace", "-e", "trace=renameat,renameat2"]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errorLines.contains("exported 20 artifacts"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: box.work + "/out").count == 21)
      let trace = try String(contentsOfFile: box.work + "/trace", encoding: .utf8)
      #expect(trace.lines.count { $0.contains("\"exports\"") } == 1, "\(trace)")
      #expect(try box.succeed("--output", "out", "m").errorLines.count == 1, "the manifest has all of them")
    }
  }

  @Test func corruptArtifactsAreMadeAgainAndNotExported() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("a.wasm")
      let entry = try #require(try box.succeed("path", "a.wasm").outputLines.first)
      try flipBit(ofArtifactAt: entry)
      func export(_ options: Argument...) throws -> CommandResult {
        try box.tool(options + ["--output", "out", "a.wasm"]).run()
      }
      let frozen = try export("--frozen")
      #expect(frozen.ending == .exited(1))
      #expect(
        frozen.errorLines.first
          == "out/a.cwasm: error: cannot be exported: the cache's artifact is corrupt: run `wasmprecompile cache verify "
          + "--repair --cache-dir \(box.cache)`, then again")
      let run = try export()
      #expect(run.ending == .exited(0))
      #expect(
        run.errorLines.first
          == "wasmprecompile: warning: the cache's artifact of a.wasm was corrupt: it is made again")
      #expect(run.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date (TIME)")
      let stats = try MachineOutput(box.succeed("cache", "stats", "--format", "json").output, in: box)
      let statistics = try #require(stats.of("statistics").first)
      #expect(statistics["files"] as? Int == 1 && statistics["moved_aside"] as? Int == 1)
      #expect(statistics["artifact_bytes"] as? Int == statistics["moved_aside_bytes"] as? Int)
      #expect(
        try box.succeed("cache", "stats").outputLines.contains { $0.hasPrefix("moved aside  1 corrupt file, ") })
      #expect(
        FileManager.default.contents(atPath: box.work + "/out/a.cwasm") == FileManager.default.contents(atPath: entry))
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }

  @Test func runsAtTheSameTimeTakeTurns() throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "m\(number)/\(number).wasm") }
      let runs = try (1...4).map { try box.tool("--backend", "winch", "--output", "out", "m\($0)").start() }
      for run in runs { #expect(run.wait().ending == .exited(0)) }
      #expect(try box.exports("out") == (1...4).map { "\($0).cwasm" })
      let manifest = try Data(contentsOf: URL(filePath: box.work + "/out/.wasmprecompile/exports"))
      #expect(manifest.count { $0 == 0 } == 1 + 4 * 4)
    }
  }

  @Test(arguments: [
    (["--depfile", "d", "."], "--depfile goes with --stamp or --output, of which it says what they were made from"),
    (["--stamp", "d", "--depfile", "d", "."], "--depfile and --stamp are two files: d cannot be both"),
    (["--stamp", "a.wasm", "."], "--stamp is a file to write, and a.wasm is named like a module"),
    (
      ["--hard-links", "."], "--hard-links goes with --output, whose files they are"
    ),
    (
      ["--watch", "--output", "o", "."],
      "--watch goes with none of --output, --stamp and --depfile: let --exec run wasmprecompile with them"
    ),
  ]) func refusesWhatMakesNoSense(arguments: [String], message: String) throws {
    try Sandbox.use { box in
      let result = try box.tool(arguments.map { Argument($0) }).run()
      #expect(result.ending == .exited(64))
      #expect(result.errorLines.first == "Error: \(message)")
    }
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a=b.wasm")
      try box.write("", to: "file")
      for (option, message) in [
        (["--stamp", "no/s"], "no/s: error: cannot be written: no such file or directory"),
        (["--output", "file"], "file: error: cannot be the output directory: not a directory"),
        (["--output", "file/in"], "file/in: error: cannot be the output directory: not a directory"),
      ] as [([Argument], String)] {
        let run = try box.tool(option + ["a=b.wasm"]).run()
        #expect(run.ending == .exited(73))
        #expect(run.errorLines.contains(message), "\(run.errors)")
      }
      let run = try box.tool("--stamp", "s", "--depfile", "d", "a=b.wasm").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.first
          == #"a=b.wasm: error: cannot be named in a depfile: make would misread the "=" in its name: rename it, or use --exclude"#
      )
      #expect(!FileManager.default.fileExists(atPath: box.work + "/s"))
    }
  }
}
