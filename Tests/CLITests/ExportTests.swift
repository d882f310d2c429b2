import Foundation
import TestSupport
import Testing

/// --output: artifacts under names of their own.
@Suite struct ExportTests {
  private func files(_ directory: String, in box: Sandbox) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: box.work + "/" + directory)
      .filter { $0.hasSuffix(".cwasm") }.sorted()
  }

  private func status(_ name: String, in box: Sandbox) throws -> stat {
    var status = stat()
    try #require(lstat(box.work + "/" + name, &status) == 0, "no \(name)")
    return status
  }

  @Test func artifactsLieAsTheModulesDoAndCanBeLoaded() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "build/one.wasm")
      try box.write(WasmBinary.returning(2), to: "build/deep/er/t w o.wasm")
      try box.write(WasmBinary.returning(3), to: "plain.bin")
      let run = try box.succeed("--output", "out/x", "build", "plain.bin")
      #expect(
        run.errorLines.suffix(2).map(\.masked) == [
          "exported 3 artifacts", "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)",
        ])
      let names = ["deep/er/t w o.cwasm", "one.cwasm", "plain.bin.cwasm"]
      #expect(try files("out/x", in: box) == names)
      let artifacts = names.map { PythonClient.Artifact(use: "value", path: "\(box.work)/out/x/\($0)") }
      #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["2", "1", "3"])
      // They are read-only, and none is taken for a module.
      #expect(try status("out/x/one.cwasm", in: box).st_mode & 0o777 == 0o444)
      let again = try box.succeed("-n", "out", "build")
      #expect(again.errorLines.last?.masked == "2 modules: 0 to compile, 2 up to date (TIME)")
    }
  }

  @Test func severalBackendsHaveADirectoryEach() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "a.wasm")
      try box.succeed("--backend", "winch", "--backend", "cranelift", "--output", "out", "a.wasm")
      #expect(try files("out", in: box) == ["cranelift/a.cwasm", "winch/a.cwasm"])
      let artifacts = ["cranelift", "winch"].map {
        PythonClient.Artifact(backend: $0, use: "value", path: "\(box.work)/out/\($0)/a.cwasm")
      }
      #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["7", "7"])
    }
  }

  @Test func whatHasTheRightBytesKeepsItsTimes() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("--output", "out", "m")
      let before = try (1...2).map { try status("out/\($0).cwasm", in: box) }
      let again = try box.succeed("-v", "--output", "out", "m")
      #expect(!again.errors.contains("exported"))
      try box.write(WasmBinary.returning(3), to: "m/1.wasm")
      let changed = try box.succeed("-v", "--output", "out", "m")
      #expect(changed.errors.contains(#/\nexported out/1.cwasm \((copy|reflink)\)\nexported 1 artifact\n/#))
      #expect(try status("out/1.cwasm", in: box).st_ino != before[0].st_ino)
      let other = try status("out/2.cwasm", in: box)
      #expect(other.st_ino == before[1].st_ino && other.st_mtim.tv_nsec == before[1].st_mtim.tv_nsec)

      // Also without what it remembers of them; and what somebody has changed is put right.
      try FileManager.default.removeItem(atPath: box.work + "/out/.wasmprecompile")
      #expect(try !box.succeed("-v", "--output", "out", "m").errors.contains("exported"))
      try box.remove("out/2.cwasm")
      try box.write("something else", to: "out/2.cwasm")
      #expect(try box.succeed("-v", "--output", "out", "m").errors.contains("\nexported out/2.cwasm (copy)\n"))
    }
  }

  /// Root may write to any file, and in containers everybody is root.
  @Test func theCacheCannotBeChangedThroughAnExport() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("--output", "out", "m")
      #expect(try status("out/2.cwasm", in: box).st_nlink == 1)
      chmod(box.work + "/out/2.cwasm", 0o644)
      let overwritten = try box.command("cp", ["out/1.cwasm", "out/2.cwasm"]).run()
      #expect(overwritten.ending == .exited(0))
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
      #expect(try box.succeed("run", "--invoke", "value", "m/2.wasm").output == "2\n")
      #expect(try box.succeed("--output", "out", "m").errorLines.first == "exported 1 artifact")
    }
  }

  @Test func filesAreSharedOnlyWhereThatIsAskedFor() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let linked = try box.succeed("-v", "--output", "out", "--hard-links", "a.wasm")
      if linked.errors.contains("\nexported out/a.cwasm (hard link)\n") {
        #expect(try status("out/a.cwasm", in: box).st_nlink == 2)
        #expect(try !box.succeed("--output", "out", "--hard-links", "a.wasm").errors.contains("exported"))
        // Nothing else has changed, and still it is not the cache's file any more.
        #expect(try box.succeed("-v", "--output", "out", "a.wasm").errors.contains("\nexported out/a.cwasm (copy)\n"))
      } else {
        #expect(linked.errors.contains("\nexported out/a.cwasm (reflink)\n"))
      }
      #expect(try status("out/a.cwasm", in: box).st_nlink == 1)
      #expect(try !box.succeed("--output", "out", "a.wasm").errors.contains("exported"))
    }
  }

  @Test func exportsGoWithTheNumberOfBackends() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.write(WasmBinary.returning(3), to: "other/3.wasm")
      let winch: [Argument] = ["--backend", "winch", "--output", "out"]
      try box.succeed(winch + ["m", "other"])
      let several = try box.succeed(winch + ["--backend", "cranelift", "m"])
      #expect(several.errors.contains("\nexported 4 artifacts, removed 2 from former places\n"), "\(several.errors)")
      let names = ["cranelift/1.cwasm", "cranelift/2.cwasm", "winch/1.cwasm", "winch/2.cwasm"]
      // What the run was not asked about stays.
      #expect(try files("out", in: box) == ["3.cwasm"] + names)
      try box.write("mine", to: "out/winch/mine.cwasm")
      let one = try box.succeed(["-v"] + winch + ["m"])
      #expect(one.errors.contains("\nremoved out/winch/2.cwasm\nexported 2 artifacts, removed 4 from former places\n"))
      #expect(try files("out", in: box) == ["1.cwasm", "2.cwasm", "3.cwasm", "winch/mine.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/out/cranelift"))
      // Another root gives another name, which is no other place of the same export.
      try box.succeed(winch + ["m", "other", "."])
      #expect(try files("out", in: box).contains("1.cwasm"))
    }
  }

  @Test func whatTheCacheHadIsNewWhereItIsExported() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.succeed("--output", "out", "m")
      try box.write(WasmBinary.returning(2), to: "m/a.wasm")
      try box.succeed("--output", "out", "m")
      let second = try status("out/a.cwasm", in: box).st_mtim
      // Back to what it was: the artifact is old, but whoever uses the export must see that it changed.
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      let run = try box.succeed("-v", "--output", "out", "m")
      #expect(run.errors.contains("\nexported out/a.cwasm (copy)\n"))
      let third = try status("out/a.cwasm", in: box).st_mtim
      #expect((third.tv_sec, third.tv_nsec) > (second.tv_sec, second.tv_nsec))
    }
  }

  @Test func exportsOfModulesThatAreGoneAreRemovedButNothingElse() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/gone/a.wasm")
      try box.write(WasmBinary.returning(2), to: "m/stays.wasm")
      try box.write(WasmBinary.returning(3), to: "m/replaced.wasm")
      try box.write(WasmBinary.returning(4), to: "other/b.wasm")
      try box.succeed("--output", "out", "m", "other")
      try box.write("mine", to: "out/mine.cwasm")
      try box.remove("out/replaced.cwasm")
      try box.write("mine, too", to: "out/replaced.cwasm")
      for name in ["m/gone", "m/replaced.wasm"] { try box.remove(name) }
      // What it is not asked about stays as long as its module does.
      let run = try box.succeed("-v", "--output", "out", "m")
      #expect(
        run.errors.contains("\nremoved out/gone/a.cwasm\nremoved 1 export of modules that are gone\n"), "\(run.errors)")
      #expect(try files("out", in: box) == ["b.cwasm", "mine.cwasm", "replaced.cwasm", "stays.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/out/gone"))
      try box.remove("other")
      try box.succeed("--output", "out", "m")
      #expect(try files("out", in: box) == ["mine.cwasm", "replaced.cwasm", "stays.cwasm"])
    }
  }

  @Test func aModuleThatFailsLeavesItsExportAlone() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.write(WasmBinary.returning(2), to: "m/b.wasm")
      try box.succeed("--output", "out", "--stamp", "stamp", "--depfile", "stamp.d", "m")
      let before = try [status("stamp", in: box), status("stamp.d", in: box), status("out/a.cwasm", in: box)].map(
        \.st_ino)
      try box.write(WasmBinary.invalid, to: "m/a.wasm")
      try box.write(WasmBinary.returning(3), to: "m/b.wasm")
      let run = try box.tool("--output", "out", "--stamp", "stamp", "--depfile", "stamp.d", "m").run()
      #expect(run.ending == .exited(1))
      #expect(run.errors.contains("\nexported 1 artifact\n"))
      let after = try [status("stamp", in: box), status("stamp.d", in: box), status("out/a.cwasm", in: box)].map(
        \.st_ino)
      #expect(after == before)
    }
  }

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
      #expect(try files("out", in: box) == ["b.cwasm"])
      #expect(!FileManager.default.fileExists(atPath: box.work + "/stamp"))
      try box.succeed("--output", "out2", "--stamp", "stamp", ".")
      #expect(try files("out2", in: box) == ["x/a.cwasm", "y/a.cwasm", "y/b.cwasm"])
    }
  }

  @Test func aFrozenRunExportsWhatThereIs() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.succeed("m")
      try box.write(WasmBinary.returning(2), to: "m/b.wasm")
      #expect(try box.tool("--frozen", "--output", "out", "--stamp", "stamp", "m").run().ending == .exited(1))
      #expect(try files("out", in: box) == ["a.cwasm"])
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

  /// Runs a shell script with the tool as `$0`, in a name space in which it may mount and where mounts end with it.
  private func mounting(_ script: String, in box: Sandbox) -> Command {
    // Loop devices are only for the real root.
    let names: [Argument] = geteuid() == 0 ? ["--mount"] : ["--map-root-user", "--mount"]
    return box.command("unshare", names + ["sh", "-euc", Argument(script), Argument(box.executable)])
  }

  private static let makeShared =
    "truncate -s 128M image; mkfs.btrfs -q image > log 2>&1; mkdir shared; mount -o loop image shared"

  /// Whether a file system that shares blocks can be made and mounted.
  private static let canShare = {
    guard let directory = try? TemporaryDirectory() else { return false }
    let command = Command(
      program: "unshare", arguments: ["--mount", "sh", "-euc", Argument(makeShared)],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "\(directory.path)")
    return (try? command.run().ending) == .exited(0)
  }()

  @Test(.needs(canShare, "root, loop devices and mkfs.btrfs"))
  func fileSystemsThatShareBlocksDo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let export = #""$0" -v --cache-dir shared/cache --output shared/out a.wasm"#
      // Those that the cache had are shared, too.
      let script = """
        \(Self.makeShared); \(export); rm -r shared/out; \(export)
        cmp "$("$0" path --cache-dir shared/cache a.wasm)" shared/out/a.cwasm
        """
      var command = mounting(script, in: box)
      command.environment["PATH"] = "/usr/sbin:" + (command.environment["PATH"] ?? "/usr/bin:/bin")
      let run = try command.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errorLines.count { $0 == "exported shared/out/a.cwasm (reflink)" } == 2, "\(run.errors)")
    }
  }

  @Test(.needs(CacheTroubleTests.canMount, CacheTroubleTests.mountNeed))
  func otherFileSystemsGetCopies() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let mounted = "mkdir out; mount -t tmpfs none out"
      let script = "\(mounted); \"$0\" -v --output out a.wasm; cmp \"$(\"$0\" path a.wasm)\" out/a.cwasm"
      let run = try mounting(script, in: box).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errors.contains("\nexported out/a.cwasm (copy)\n"))
    }
  }

  @Test func runsAtTheSameTimeTakeTurns() throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "m\(number)/\(number).wasm") }
      let runs = try (1...4).map { try box.tool("--backend", "winch", "--output", "out", "m\($0)").start() }
      for run in runs { #expect(run.wait().ending == .exited(0)) }
      #expect(try files("out", in: box) == (1...4).map { "\($0).cwasm" })
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
