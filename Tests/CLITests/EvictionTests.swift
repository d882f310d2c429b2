import Dispatch
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// `cache gc`, `cache clear`, and the room that runs make by themselves.
@Suite struct EvictionTests {
  @Test func whatWasNotUsedForLongGoes() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let old = try box.artifact("2.wasm")
      try box.setLastUse(of: old, daysAgo: 31)
      let dry = try box.succeed("cache", "gc", "--max-age", "30d", "-n").output
      #expect(
        dry.masked == """
          would remove \(box.work)/2.wasm with cranelift, SIZE: too old
          would remove 1 artifact (1 too old), SIZE; 2 artifacts, SIZE would be left

          """)
      #expect(FileManager.default.fileExists(atPath: old))
      let real = try box.succeed("cache", "gc", "--max-age", "30d").output
      #expect(real.masked == "removed 1 artifact (1 too old), SIZE; 2 artifacts, SIZE are left\n")
      let again = try box.succeed("cache", "gc", "--max-age", "30d").output
      #expect(again.masked == "nothing to remove: 2 artifacts, SIZE\n")
      let run = try box.succeed(".")
      #expect(run.errorLines.last?.masked == "3 modules: 1 compiled, 2 up to date (SIZE → SIZE in TIME)")
    }
  }

  @Test func whatAPathWasAskedForIsInUse() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let entries = [try box.artifact("1.wasm"), try box.artifact("2.wasm")]
      for entry in entries { try box.setLastUse(of: entry, daysAgo: 31) }
      #expect(try box.artifact("2.wasm") == entries[1])
      try box.succeed("cache", "gc", "--max-age", "30d")
      #expect(entries.map(FileManager.default.fileExists) == [false, true])
    }
  }

  @Test func whatARunFindsIsInUse() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/1.wasm")
      try box.succeed("tree")
      try box.setLastUse(of: try box.artifact("tree/1.wasm"), daysAgo: 31)
      try box.succeed("tree")
      #expect(
        try box.succeed("cache", "gc", "--max-age", "30d").output.masked == "nothing to remove: 1 artifact, SIZE\n")
    }
  }

  /// A run that finds many says so in their entries at most once a day, for each of its directories and engines.
  @Test func whatARunFindsOfManyIsInUse() throws {
    try Sandbox.use { box in
      for number in 0..<100 {
        for tree in ["tree", "other"] { try box.write(WasmBinary.returning(number), to: "\(tree)/\(number).wasm") }
      }
      try box.succeed("--backend", "cranelift", "other")
      try box.succeed("--backend", "winch", "tree")
      let entry = try box.artifact("tree/1.wasm")
      func isOld(after options: Argument...) throws -> Bool {
        try box.setLastUse(of: entry, daysAgo: 31)
        try box.succeed(options + ["tree"])
        return try box.succeed("cache", "gc", "--max-age", "30d", "-n").output.hasPrefix("would remove")
      }
      #expect(try isOld(after: "--backend", "winch"))
      #expect(try !isOld(after: "--backend", "cranelift"), "nobody looked for this engine's below this directory")
      #expect(try isOld(after: "--backend", "cranelift"), "a day has not gone by")
    }
  }

  @Test func artifactsOfEnginesThatAreNotThereGo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      let other = try EngineRelease(version: "48.0.0").library()
      try box.succeed("--engine", "\(other)", "one.wasm")
      let old = try box.artifact("--engine", "\(other)", "one.wasm")
      let dry = try box.succeed("cache", "gc", "--old-engines", "-n").output
      let identity = FilePath(old).removingLastComponent().string.suffix(16)
      #expect(
        dry.masked.hasPrefix(
          "would remove \(box.work)/one.wasm with cranelift (wasmtime 48 \(identity)), SIZE: of an old engine\n"))
      #expect(
        try box.succeed("cache", "gc", "--old-engines").output.masked
          == "removed 1 artifact (1 of an old engine), SIZE; 1 artifact, SIZE are left\n")
      #expect(box.engines.count == 1 && box.engines.first?.hasPrefix("cranelift-50-") == true)
      let none = try box.tool("cache", "gc", "--old-engines", "--engine", "/absent.so").run()
      #expect(none.ending == .exited(69))
      #expect(none.errors.hasPrefix("wasmprecompile: error: no engine found, looked for\n  /absent.so (--engine)\n"))
      #expect(box.engines.count == 1)
    }
  }

  /// The engine of a host that is described counts as found, whether it is asked for now or not.
  @Test func artifactsOfDescribedHostsStay() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let other = try EngineRelease(version: "48.0.0").library()
      try box.write("[host.edge]\nengine = '\(other)'\n", to: "../home/.config/wasmprecompile/config.toml")
      try box.succeed("--host", "edge", "one.wasm")
      #expect(
        try box.succeed("cache", "gc", "--old-engines").output.masked == "nothing to remove: 1 artifact, SIZE\n")
    }
  }

  @Test func clearingLeavesNothingAndHarmsNothing() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let lines = try MachineOutput(try box.succeed("cache", "clear", "--format", "json").output, in: box)
      #expect(lines.types == ["start", "evicted", "evicted", "evicted", "summary"])
      #expect(lines.objects.last?["removed"] as? Int == 3 && lines.objects.last?["artifacts"] as? Int == 0)
      #expect(box.engines == [])
      #expect(!FileManager.default.fileExists(atPath: box.cache + "/v1/catalog.sqlite"))
      let again = try box.succeed(".")
      #expect(again.errorLines.last?.masked == "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(
        try box.succeed("cache", "clear").output.masked == "removed 3 artifacts, SIZE; 0 artifacts, SIZE are left\n")
    }
  }

  @Test func aRunMakesRoomWhereALimitIsSet() throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed("1.wasm", "2.wasm", "3.wasm")
      let entries = try (1...3).map { try box.artifact("\($0).wasm") }
      try box.setLastUse(of: entries[1], daysAgo: 3)
      let size = try #require(FileManager.default.contents(atPath: entries[0])?.count)
      var command = box.tool("-v", "4.wasm")
      command.environment["WASMPRECOMPILE_MAX_SIZE"] = "\(3 * size + size / 2)B"
      let run = try command.run()
      #expect(run.ending == .exited(0))
      #expect(run.errors.contains("note: \(size) bytes of artifacts removed, "), "\(run.errors)")
      #expect(entries.map(FileManager.default.fileExists) == [true, false, true])
      // Not again within the hour, unless there shall be less.
      let next = try box.succeed("-v", "--max-size", "\(4 * size)B", "4.wasm")
      #expect(!next.errors.contains("removed"))
      let less = try box.succeed("-v", "--max-size", "\(2 * size)B", "4.wasm")
      #expect(less.errors.contains("note: \(size) bytes of artifacts removed, "), "\(less.errors)")
      #expect(try box.succeed("cache", "gc", "--max-size", "1B").output.masked.hasPrefix("removed 2 artifacts"))
    }
  }

  @Test func aRunThatTheCacheHasNoRoomForSaysSo() throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let run = try box.succeed("--backend", "winch", "--max-size", "40k", ".")
      #expect(
        run.errors.contains(
          "wasmprecompile: warning: max-size 40K has no room for 2 of this run's artifacts, "
            + "which have to be compiled again: raise it to 55K\n"), "\(run.errors)")
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
    }
  }

  @Test(arguments: [
    (
      ["--max-size", "5X"],
      "The value '5X' is invalid for '--max-size <size>': it must be a size such as 500M or 5Gi, or none"
    ),
    (
      ["--max-age", "30"], "The value '30' is invalid for '--max-age <time>': it must be a time such as 30d, 12h or 2w"
    ),
    (
      ["--min-free", "101%"],
      "The value '101%' is invalid for '--min-free <part>': it must be a part such as 10%, or a size such as 5G"
    ),
  ]) func limitsThatMakeNoSenseAreRefused(_ arguments: [String], _ message: String) throws {
    try Sandbox.use { box in
      let run = try box.tool(["cache", "gc"] + arguments.map { Argument($0) }).run()
      #expect(run.ending == .exited(64))
      #expect(run.errors.hasPrefix("Error: \(message)\n"), "\(run.errors)")
    }
  }
}

/// Eviction beside everybody else.
@Suite struct EvictionConcurrencyTests {
  /// Seconds; WASMPRECOMPILE_TEST_EVICTION_SECONDS=60 for a whole minute.
  private static let duration =
    ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_EVICTION_SECONDS"].flatMap { Double($0) } ?? 4

  /// A host that loads and calls whatever the cache has, until a file appears: an entry that is there must be good for as
  /// long as it is there. Prints how many were loaded, and how many were not there.
  private static let host = """
    import os, random, sys, wasmtime
    directory, names, stop = sys.argv[1], open(sys.argv[2]).read().split(), sys.argv[3]
    engine, loaded, missed = wasmtime.Engine(), 0, 0
    def link(path):
        try: status = os.lstat(path); return status.st_ino, status.st_ctime_ns
        except FileNotFoundError: return None
    while not os.path.exists(stop):
        number = random.randrange(len(names))
        path = f"{directory}/{names[number]}.cwasm"
        before = link(path)
        try: module = wasmtime.Module.deserialize_file(engine, path)
        except wasmtime.WasmtimeError as error:
            assert before is None or link(path) != before, f"{path}: {error}"
            missed += 1
            continue
        store = wasmtime.Store(engine)
        value = wasmtime.Instance(store, module, []).exports(store)["value"](store)
        assert value == number, f"{path}: {value} is not {number}"
        loaded += 1
    print(loaded, missed)
    """

  /// Whoever makes room all the time removes what others have just made. They make it again, and `verify` calls nothing
  /// faulty that was made or removed while it looked.
  @Test func consumersGetWhatIsRemovedBetweenMakingAndOpening() throws {
    try Sandbox.use { box in
      for number in 0..<20 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("m")
      let makingRoom = box.tool("cache", "gc", "--max-size", "60k")
      let isOver = Mutex(false)
      let rounds = Mutex(0)
      let evictor = DispatchGroup()
      DispatchQueue(label: "making room").async(group: evictor) {
        while !isOver.withLock(\.self) {
          if (try? makingRoom.run())?.ending == .exited(0) { rounds.withLock { $0 += 1 } }
        }
      }
      defer {
        isOver.withLock { $0 = true }
        evictor.wait()
      }
      for _ in 1...8 {
        try? FileManager.default.removeItem(atPath: box.work + "/out")
        let export = try box.tool("-q", "--output", "out", "m").run()
        #expect(export.ending == .exited(0) && export.errors == "", "\(export.errors)")
        #expect(
          try FileManager.default.contentsOfDirectory(atPath: box.work + "/out").count { $0.hasSuffix(".cwasm") } == 20)
        let path = try box.tool("path", "--compile", "--verify", "m").run()
        #expect(path.ending == .exited(0) && path.outputLines.count == 20, "\(path.errors)")
        let run = try box.tool("run", "--invoke", "value", "m/7.wasm").run()
        #expect(run.output == "7\n" && run.errors == "")
        let verified = try box.tool("cache", "verify", "--repair").run()
        #expect(verified.ending == .exited(0) && verified.errors == "", "\(verified.errors)")
      }
      #expect(rounds.withLock(\.self) > 0)
    }
  }

  @Test func fourHostsAndTwoBuildsGoOnWhileRoomIsMade() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "examples", in: box)
      let count = 40
      for number in 0..<count {
        let tree = number % 2 == 0 ? "even" : "odd"
        try box.write(WasmBinary.returning(number), to: "\(tree)/\(number).wasm")
      }
      try box.succeed("even", "odd")
      let engine = try #require(box.engines.first)
      let names = try (0..<count).map { number in
        let hash = try box.succeed("hash", "\(number % 2 == 0 ? "even" : "odd")/\(number).wasm").output
        return String(hash.prefix(64))
      }
      try box.write(names.joined(separator: "\n"), to: "names")
      let hosts = try (0..<4).map { _ in
        var python = box.command(
          "python3", ["-c", Argument(Self.host), "\(box.cache)/v1/engines/\(engine)", "names", "stop"])
        _ = try EngineRelease.standard.library()
        python.environment["PYTHONPATH"] = EngineRelease.standard.pythonPath
        python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        python.deadline = Self.duration + 120
        return try python.start()
      }
      let end = Date.now + Self.duration
      let failures = Mutex<[String]>([])
      let library = URL(filePath: box.executable).deletingLastPathComponent().appending(path: "first-module").path
      // Those that load compile what they miss; each says what it loaded.
      let commands: [(command: Command, output: String?)] = [
        (box.tool("even"), nil), (box.tool("odd", "even"), nil),
        (box.tool("run", "--invoke", "value", "odd/7.wasm"), "7\n"),
        (box.command(library, [Argument(box.installedEngine), Argument(box.cache), "examples/gcd.wasm"]), "21\n"),
        (box.tool("cache", "gc", "--max-size", "100k"), nil),
      ]
      let clearing = box.tool("cache", "clear")
      let rounds = Mutex(commands.map { _ in 0 })
      let group = DispatchGroup()
      // A queue each has a thread each, however few processors there are.
      for number in commands.indices {
        DispatchQueue(label: "\(number)").async(group: group) {
          while Date.now < end {
            do {
              // Now and then nothing is left.
              let isClearing = number == 4 && rounds.withLock { $0[4] % 5 == 4 }
              let (command, output) = isClearing ? (clearing, nil) : commands[number]
              let result = try command.run()
              if result.ending != .exited(0) || result.errors.contains("warning: ")
                || output ?? result.output != result.output
              {
                failures.withLock { $0.append("\(number): \(result.output)\(result.errors)") }
              }
            } catch {
              failures.withLock { $0.append("\(error)") }
            }
            rounds.withLock { $0[number] += 1 }
          }
        }
      }
      group.wait()
      try box.write("", to: "stop")
      var loaded = 0
      for host in hosts {
        let result = host.wait()
        #expect(result.ending == .exited(0), "\(result.errors)")
        loaded += result.output.split(separator: " ").first.flatMap { Int($0) } ?? 0
      }
      #expect(failures.withLock { $0 } == [])
      #expect(loaded > 0 && rounds.withLock { $0.allSatisfy { $0 > 0 } })
      print(
        "eviction beside others: \(loaded) loads, \(rounds.withLock { $0 }) rounds of builds, loads and making room")
      try box.succeed("even", "odd", "examples/gcd.wasm")
      #expect(try box.succeed("cache", "verify").output.masked == "\(count + 1) entries, SIZE: all good\n")
      #expect(box.temporaryFiles == [])
    }
  }
}
