import Foundation
import Glibc
import TestSupport
import Testing

/// Caches that are only read, below a run's own: an image's layer, a read-only volume, a cache of CI.
@Suite struct LowerCacheTests {
  private static let names = ["one", "two", "three"]

  /// A cache that was made somewhere else, with an artifact of each module.
  private func below(_ box: Sandbox, _ name: String = "image", _ options: Argument...) throws -> String {
    for (number, name) in Self.names.enumerated() { try box.write(WasmBinary.returning(number), to: "\(name).wasm") }
    let path = "\(box.work)/../\(name)"
    try box.succeed(["--cache-dir", .init(path), "-q"] + options + ["."])
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }

  /// Every file and link below a directory, with sizes, times and modes.
  private func listing(_ path: String) throws -> String {
    try Tool.shell("find \"$1\" -printf '%P %y %m %s %T@ %C@ %l\\n' | sort", [path])
  }

  @Test func nothingIsCompiledThatALowerCacheHas() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let before = try listing(lower)
      let run = try box.succeed("--lower-cache", .init(lower), ".")
      #expect(run.errors.masked == "3 modules: nothing to compile, all up to date (3 in lower caches) (TIME)\n")
      #expect(try listing(lower) == before)

      // The artifact is used where it lies.
      let path = try box.succeed("path", "--lower-cache", .init(lower), "one.wasm").outputLines
      #expect(path.count == 1 && path[0].hasPrefix(lower + "/v1/engines/cranelift-"))
      #expect(try box.succeed("path", "--verify", "--lower-cache", .init(lower), "one.wasm").outputLines == path)
      #expect(try box.succeed("run", "--lower-cache", .init(lower), "--invoke", "value", "two.wasm").output == "1\n")
      for option in ["--check", "--frozen"] {
        #expect(try box.tool(.init(option), "-q", "--lower-cache", .init(lower), ".").run().ending == .exited(0))
      }
      #expect(try listing(lower) == before)

      let json = try MachineOutput(
        try box.succeed("--format", "json", "--lower-cache", .init(lower), ".").output, in: box)
      #expect(json.of("prepared").first?["lower_caches"] as? [String] == [lower])
      #expect(json.of("module").map { $0["source"] as? String } == Array(repeating: "lower_cache", count: 3))
      #expect(json.of("module").allSatisfy { ($0["artifact"] as? String)?.hasPrefix(lower) == true })
      #expect(json.objects.last?["lower_cache"] as? Int == 3)

      let list = try box.succeed("cache", "list", "--lower-cache", .init(lower)).outputLines
      #expect(list.count == 4 && list[0].hasSuffix("cache") && list.dropFirst().allSatisfy { $0.hasSuffix(lower) })
      let stats = try box.succeed("cache", "stats", "--lower-cache", .init(lower)).output
      #expect(stats.contains("lower cache  \(lower): 3 of 3 modules, "))
      #expect(stats.contains("artifacts    0 of 0 modules"))
    }
  }

  /// An image's layer or a volume, as a container has it.
  @Test(.needs(CacheTroubleTests.canMount, CacheTroubleTests.mountNeed)) func aReadOnlyMountServesToolAndHost() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let mount =
        "mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"; ! touch \"$1/written\" 2> /dev/null; shift"
      let wrapper: [Argument] = [
        "unshare", "--map-root-user", "--mount", "sh", "-euc", .init("\(mount); exec \"$@\""), "sh", .init(lower),
      ]
      func tool(_ arguments: Argument...) throws -> CommandResult {
        try box.tool(arguments + ["--lower-cache", .init(lower)]).wrapped(in: wrapper).run()
      }
      let run = try tool(".")
      #expect(run.ending == .exited(0))
      #expect(run.errors.masked == "3 modules: nothing to compile, all up to date (3 in lower caches) (TIME)\n")
      var artifacts: [PythonClient.Artifact] = []
      for name in Self.names {
        let path = try #require(try tool("path", "\(name).wasm").outputLines.first)
        #expect(path.hasPrefix(lower))
        artifacts.append(.init(backend: "cranelift", use: "value", path: path))
      }
      let loaded = try PythonClient(release: .standard).load(artifacts, in: box, through: wrapper)
      #expect(loaded == ["0", "1", "2"])
    }
  }

  @Test func exportsComeFromALowerCache() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let before = try listing(lower)
      try box.succeed("-q", "--lower-cache", .init(lower), "--output", "out", ".")
      for name in Self.names {
        let entry = try box.succeed("path", "--lower-cache", .init(lower), .init("\(name).wasm")).outputLines[0]
        #expect(
          FileManager.default.contents(atPath: "\(box.work)/out/\(name).cwasm")
            == FileManager.default.contents(atPath: entry))
      }
      #expect(try listing(lower) == before, "not even a hard link is made to its files")
    }
  }

  @Test func whatItLacksIsCompiledAbove() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.write(WasmBinary.returning(77), to: "new.wasm")
      let run = try box.succeed("--lower-cache", .init(lower), ".")
      #expect(run.errors.masked.contains("4 modules: 1 compiled, 3 up to date (3 in lower caches) "))
      // The other backend's is another artifact.
      let other = try box.tool("--check", "-q", "--backend", "winch", "--lower-cache", .init(lower), ".").run()
      #expect(other.ending == .exited(1))
    }
  }

  @Test func aFlippedByteIsRefusedAndCompiledAbove() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let entry = try box.succeed("path", "--cache-dir", .init(lower), "two.wasm").outputLines[0]
      try flipBit(ofArtifactAt: entry)
      let before = try listing(lower)
      let run = try box.succeed("--lower-cache", .init(lower), ".")
      #expect(
        run.errors.masked.lines.first
          == "wasmprecompile: warning: lower cache \(lower): its artifact is corrupt: ./two.wasm is compiled instead")
      #expect(run.errors.masked.contains("3 modules: 1 compiled, 2 up to date (2 in lower caches) "))
      #expect(try listing(lower) == before)
      let path = try box.succeed("path", "--verify", "--lower-cache", .init(lower), "two.wasm").outputLines[0]
      #expect(path.hasPrefix(box.cache))
      #expect(try box.succeed("run", "--lower-cache", .init(lower), "--invoke", "value", "two.wasm").output == "1\n")
    }
  }

  @Test func oneThatCannotBeReadIsSaidAndCostsNothingElse() throws {
    try Sandbox.use { box in
      _ = try below(box)
      let run = try box.succeed("--lower-cache", "missing", ".")
      let place = "\(box.work)/missing"
      #expect(
        run.errors.lines.first
          == "wasmprecompile: warning: lower cache \(place): cannot open the lower cache: no such file or directory")
      // Neither a quiet run nor `path` hides it.
      for arguments in [["-q", "."], ["path", "one.wasm"], ["path", "--compile", "--verify", "one.wasm"]] {
        let quiet = try box.succeed(arguments.map { Argument($0) } + ["--lower-cache", "missing"])
        #expect(quiet.errors == run.errors.lines[0] + "\n")
      }
      #expect(run.errors.masked.contains("3 modules: 3 compiled, 0 up to date "))
      let list = try box.succeed("cache", "list", "--lower-cache", "missing")
      #expect(list.errors == run.errors.lines[0] + "\n" && list.outputLines.count == 4)
    }
  }

  @Test func onlyTheOwnCacheCountsForMaxSize() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let before = try listing(lower)
      let below: [Argument] = ["--lower-cache", .init(lower)]
      try box.write(WasmBinary.returning(10), to: "ten.wasm")
      try box.succeed(["-q"] + below + ["."])
      let list = try MachineOutput(try box.succeed("cache", "list", "--format", "json").output, in: box)
      let sizes = list.of("artifact").compactMap { $0["artifact_size"] as? Int }
      try #require(sizes.count == 1)
      // Room for two own artifacts, and not for one of the lower cache beside them.
      let limit: [Argument] = ["--max-size", .init("\(2 * sizes[0] + sizes[0] / 2)B")]
      try box.write(WasmBinary.returning(11), to: "eleven.wasm")
      try box.succeed(["-q"] + below + limit + ["."])
      func collect(_ options: [Argument]) throws -> String {
        var gc = box.tool(["cache", "gc"] + options)
        // Known to it from the settings, as for a user who has one.
        gc.environment["WASMPRECOMPILE_LOWER_CACHES"] = lower
        let run = try gc.run()
        #expect(run.ending == .exited(0), "\(run.errors)")
        return run.output
      }
      let room = try collect(limit)
      #expect(room.masked == "nothing to remove: 2 artifacts, SIZE\n")
      for name in ["ten", "eleven"] { try box.succeed("--check", "-q", "\(name).wasm") }
      // One byte less than they have makes one of them go.
      let less = try collect(["--max-size", .init("\(2 * sizes[0] - 1)B")])
      #expect(less.hasPrefix("removed 1 artifact"), "\(less)")
      try box.succeed("ten.wasm", "eleven.wasm")
      #expect(try listing(lower) == before)
      #expect(try box.tool("--check", "-q", "--lower-cache", .init(lower), ".").run().ending == .exited(0))
    }
  }

  @Test func theFirstOfSeveralIsUsed() throws {
    try Sandbox.use { box in
      let first = try below(box, "first")
      let second = try below(box, "second")
      let path = try box.succeed(
        "path", "--lower-cache", .init(first), "--lower-cache", .init(second), "one.wasm"
      ).outputLines
      #expect(path[0].hasPrefix(first + "/"))
      // From the environment, too.
      var variable = box.tool("--frozen", "-q", ".")
      variable.environment["WASMPRECOMPILE_LOWER_CACHES"] = "\(second),\(first)"
      #expect(try variable.run().ending == .exited(0))
    }
  }

  @Test func pathGoesOnToTheNextLowerCache() throws {
    try Sandbox.use { box in
      let first = try below(box, "first")
      let second = try below(box, "second")
      try flipBit(ofArtifactAt: try box.succeed("path", "--cache-dir", .init(first), "one.wasm").outputLines[0])
      let verified = try box.succeed(
        "path", "--verify", "--lower-cache", .init(first), "--lower-cache", .init(second), "one.wasm")
      #expect(verified.outputLines.first?.hasPrefix(second + "/") == true)
      let warning = "wasmprecompile: warning: lower cache \(first): its artifact is corrupt: one.wasm is "
      #expect(verified.errors == warning + "taken from another lower cache\n")
      let alone = try box.tool("path", "--verify", "--lower-cache", .init(first), "one.wasm").run()
      #expect(alone.ending == .exited(1) && alone.output.isEmpty)
      #expect(
        alone.errorLines == [
          warning + "missing",
          "one.wasm: error: the cache has no artifact for cranelift: artifact corrupt; make it with --compile",
        ])
    }
  }

  @Test func aFrozenRunExportsNothingThatIsCorrupt() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try flipBit(ofArtifactAt: try box.succeed("path", "--cache-dir", .init(lower), "one.wasm").outputLines[0])
      let run = try box.tool("--frozen", "--output", "out", "--lower-cache", .init(lower), "one.wasm").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.first
          == "wasmprecompile: warning: lower cache \(lower): its artifact is corrupt: one.wasm is missing")
      #expect(
        run.errorLines.contains(
          "one.wasm: error: the cache has no artifact for cranelift: artifact corrupt; --frozen compiles nothing"),
        "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: box.work + "/out/one.cwasm"))
    }
  }

  @Test func whatIsNoCacheIsSaid() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.write("", to: "empty/x")
      func complaint(_ path: String) throws -> String? {
        try box.succeed("-q", "--lower-cache", .init(path), ".").errorLines.first
      }
      let warning = "wasmprecompile: warning: lower cache "
      #expect(try complaint("empty") == warning + "\(box.work)/empty: holds no cache: there is no `v1` in it")
      #expect(
        try complaint(lower + "/v1")
          == warning + "\(lower)/v1: is the `v1` of a cache: name the directory above, \(lower)")
      #expect(
        try complaint("one.wasm")
          == warning + "\(box.work)/one.wasm: is not a directory: name the directory of a cache")
    }
  }

  @Test(.needs(geteuid() == 0, "root, who alone can be root and somebody else"))
  func oneThatRootMadeForItselfNamesTheCommandThatOpensIt() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      #expect(try box.command("chmod", ["-R", "a+rX", Argument(box.path + "/home")]).run().ending == .exited(0))
      let nobody: [Argument] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      let frozen = box.tool("--frozen", "--lower-cache", .init(lower), "one.wasm").wrapped(in: nobody)
      let refused = try frozen.run()
      #expect(refused.ending == .exited(1))
      #expect(
        refused.errorLines.first
          == "wasmprecompile: warning: lower cache \(lower): cannot open the cache directory: permission denied: "
          + "`chmod -R a+rX \(lower)` lets every user read it")
      #expect(try box.command("chmod", ["-R", "a+rX", Argument(lower)]).run().ending == .exited(0))
      let run = try frozen.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
    }
  }

  @Test func inspectShowsWhatItHas() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let run = try box.succeed("inspect", "--lower-cache", "missing", "--lower-cache", .init(lower), "one.wasm")
      #expect(run.outputLines.last?.contains(" \(lower)/v1/engines/cranelift-") == true, "\(run.output)")
      #expect(
        run.errors
          == "wasmprecompile: warning: lower cache \(box.work)/missing: cannot open the lower cache: no such file "
          + "or directory\n")
    }
  }

  @Test func commandsThatDoNotLookThereRefuseIt() throws {
    try Sandbox.use { box in
      for (command, complaint) in [
        ("verify", "lower caches are not checked"), ("gc", "nothing is removed from lower caches"),
        ("clear", "nothing is removed from lower caches"),
      ] {
        let run = try box.tool("cache", .init(command), "--lower-cache", "image").run()
        #expect(run.ending == .exited(64))
        #expect(run.errors.contains("--lower-cache: \(complaint): use --cache-dir DIR\n"), "\(run.errors)")
        var variable = box.tool("cache", .init(command))
        variable.environment["WASMPRECOMPILE_LOWER_CACHES"] = "image"
        #expect(try variable.run().ending == .exited(0))
      }
    }
  }

  @Test func runsThatOnlyLookCountWhatItHas() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.write(WasmBinary.returning(77), to: "new.wasm")
      for (option, status, what) in [("--check", 1, "to compile"), ("-n", 0, "to compile"), ("--frozen", 1, "missing")]
      {
        let run = try box.tool(.init(option), "--lower-cache", .init(lower), ".").run()
        #expect(run.ending == .exited(Int32(status)))
        #expect(
          run.errors.masked.lines.last == "4 modules: 1 \(what), 3 up to date (3 in lower caches) (TIME)")
      }
    }
  }

  @Test func anEmptyVariableSwitchesTheListOff() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.write("lower-caches = ['\(lower)']\n", to: "../home/.config/wasmprecompile/config.toml")
      #expect(try box.tool("--check", "-q", ".").run().ending == .exited(0))
      var off = box.tool("--check", "-q", ".")
      off.environment["WASMPRECOMPILE_LOWER_CACHES"] = ""
      #expect(try off.run().ending == .exited(1))
    }
  }
}
