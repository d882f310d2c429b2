import Foundation
import Glibc
import TestSupport
import Testing

/// The loaders for hosts in Python and C: they share no code with the tool, and read and write the same caches.
@Suite struct HostLoaderTests {
  // MARK: The identity

  @Test(arguments: HostLoader.standard) func theLoaderComputesTheTestVectors(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      let lines = try loader.lines("vectors", Argument(Paper(named: "FORMAT").path), in: box)
      #expect(lines.count == 4 && lines.allSatisfy { $0.hasSuffix(": right") }, "\(lines)")
    }
  }

  @Test(arguments: HostLoader.standard) func theLoaderHashesWhateverLength(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      #expect(try loader.lines("lengths", in: box) == ["300 right"])
      if loader.language == .python { return }
      let portable = try loader.command(box.cache, ["lengths"], in: box, library: HostLoader.portableLibrary.get())
      #expect(try portable.run().outputLines == ["300 right"])
    }
  }

  /// What a host sets, in the tool's words and in the host's.
  struct Setting: CustomStringConvertible, Sendable {
    let tool: [String]
    let host: [String]
    /// The releases that have it.
    var since = 24

    var description: String { tool.isEmpty ? "defaults" : tool.joined(separator: " ") }

    static let all = [
      Setting(tool: [], host: []),
      Setting(tool: ["-W", "epoch-interruption"], host: ["epoch-interruption"]),
      Setting(tool: ["-W", "fuel=1"], host: ["fuel"]),
      Setting(
        tool: ["-O", "memory-reservation=0,memory-guard-size=65536"],
        host: ["memory-reservation=0", "memory-guard-size=65536"]),
      Setting(
        tool: ["-W", "epoch-interruption,fuel=1,threads=n"],
        host: ["epoch-interruption", "fuel", "wasm-threads=false"]),
      Setting(tool: ["--features", "all"], host: []),
      Setting(tool: ["--backend", "winch"], host: ["compiler=winch"], since: 48),
      Setting(tool: ["--backend", "pulley"], host: ["compiler=pulley"], since: 48),
    ]
  }

  /// Nothing is said twice: the host has its settings, and finds what the tool made for them.
  @Test(arguments: HostLoader.all) func whatTheToolMadeIsLoaded(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      let release = Int(loader.release.version.prefix(2)) ?? 0
      for setting in Setting.all where release >= setting.since {
        let engine = ["--engine", Argument(try loader.release.library())] as [Argument]
        try box.succeed(engine + setting.tool.map { Argument($0) } + ["a.wasm"])
        let made = box.engines
        #expect(made.count == 1)
        let host = setting.host.flatMap { ["--set", Argument($0)] as [Argument] }
        let directories = try loader.lines(host + ["directories"], in: box)
        #expect(directories.count == 6 && directories.contains(made[0]), "\(setting): \(directories)")
        #expect(
          try loader.lines(host + ["--compiles-nothing", "--only-read", "load", "a.wasm"], in: box) == ["cached 5"],
          "\(setting)")
        let path = try box.succeed(["path"] + engine + setting.tool.map { Argument($0) } + ["a.wasm"]).outputLines
        #expect(try loader.lines(host + ["find", "a.wasm"], in: box) == path, "\(setting)")
        try box.removeCache()
      }
    }
  }

  @Test(arguments: HostLoader.standard) func anotherHostFindsNothing(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      for setting in Setting.all where !setting.host.isEmpty {
        let host = setting.host.flatMap { ["--set", Argument($0)] as [Argument] }
        #expect(try loader.lines(host + ["find", "a.wasm"], in: box) == ["None"], "\(setting)")
      }
    }
  }

  // MARK: Publishing

  @Test(arguments: HostLoader.all) func whatWasCompiledIsPublished(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.write(WasmBinary.returning(6), to: "b.wasm")
      #expect(try loader.lines("load", "a.wasm", in: box) == ["compiled 5: there is no cache to publish to"])
      #expect(!FileManager.default.fileExists(atPath: box.cache), "a cache is made only if that is asked for")
      #expect(try loader.lines("--write", "load", "a.wasm", in: box) == ["compiled published 5"])
      // Now there is a cache.
      #expect(try loader.lines("load", "a.wasm", "b.wasm", in: box) == ["cached 5", "compiled published 6"])
      let again = try loader.lines("--compiles-nothing", "load", "a.wasm", "b.wasm", in: box)
      #expect(again == ["cached 5", "cached 6"])
      #expect(box.temporaryFiles == [])

      // The tool finds nothing wrong, and takes the artifacts for its own.
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
      let engine = try loader.release.library()
      let run = try box.succeed("--engine", Argument(engine), "--features", "all", "a.wasm", "b.wasm")
      #expect(run.errors.masked == "2 modules: nothing to compile, all up to date (TIME)\n")
      let reader = try box.command(
        "python3", [Argument("\(EngineUnderTest.packageRoot)/Examples/format/read_cache.py"), Argument(box.cache)]
      ).run()
      #expect(reader.ending == .exited(0) && reader.outputLines.count == 2, "\(reader.output)")
      let text = try String(contentsOfFile: "\(box.cache)/v1/engines/\(box.engines[0])/engine.json", encoding: .utf8)
      #expect(text.contains(#""value" : "of a host""#) && text.hasSuffix("}\n"))

      // What it made itself stays first under `least`, and the other loader sees the same.
      try box.succeed("--engine", Argument(engine), "a.wasm")
      for language in HostLoader.Language.allCases {
        let other = HostLoader(language: language, release: loader.release)
        #expect(try other.lines("--compiles-nothing", "load", "a.wasm", "b.wasm", in: box) == ["cached 5", "cached 6"])
      }
    }
  }

  /// Each keeps the description that the other wrote, and mends one that says something else.
  @Test(arguments: HostLoader.standard) func theDescriptionIsKept(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed("--features", "all", "1.wasm")
      let file = "\(box.cache)/v1/engines/\(box.engines[0])/engine.json"
      func text() throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
      let whole = try text()
      #expect(try loader.lines("load", "2.wasm", in: box) == ["compiled published 2"])
      #expect(try text() == whole)
      for (number, wrong) in [(3, whole.replacing("wasmtime", with: "other")), (4, "{")] {
        chmod(file, 0o644)
        try wrong.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(try loader.lines("load", "\(number).wasm", in: box) == ["compiled published \(number)"])
        #expect(try text() != wrong)
        #expect(try box.succeed("cache", "verify").output.masked == "\(number) entries, SIZE: all good\n")
      }
    }
  }

  @Test(arguments: HostLoader.standard) func ofManyThreadsOneCompiles(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      let lines = try loader.lines("--write", "--threads", "8", "load", "a.wasm", in: box)
      #expect(lines == Array(repeating: "cached 5", count: 7) + ["compiled published 5"])
      #expect(box.temporaryFiles == [])
    }
  }

  @Test(arguments: HostLoader.standard) func ofManyProcessesOneCompiles(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      let hosts = try (0..<4).map { number in
        let language = HostLoader.Language.allCases[number % 2]
        let other = HostLoader(language: number < 2 ? loader.language : language, release: loader.release)
        return try other.command(box.cache, ["--write", "load", "a.wasm"], in: box).start()
      }
      let lines = hosts.map { $0.wait() }.flatMap(\.outputLines).sorted()
      #expect(lines == Array(repeating: "cached 5", count: 3) + ["compiled published 5"])
    }
  }

  @Test(.needs(Injection.isPossible, Injection.need), arguments: HostLoader.standard)
  func aFileSystemWithoutLocksIsPublishedTo(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      let host = try loader.command(box.cache, ["--write", "load", "a.wasm"], in: box)
      let run = try host.run(injecting: "flock:error=ENOLCK", inChildren: true)
      #expect(run.outputLines == ["compiled published 5"], "\(run.errors)")
      #expect(box.temporaryFiles == [])
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
      // A writer without a lock looks like a dead one, but for its name.
      try FileManager.default.createDirectory(
        atPath: box.cache + "/v1/tmp/unlocked-1", withIntermediateDirectories: false)
      #expect(try loader.lines("--set", "epoch-interruption", "load", "a.wasm", in: box) == ["compiled published 5"])
      #expect(box.temporaryFiles == ["unlocked-1"])
    }
  }

  /// On a network file system a lock may be known to its own machine only. So whoever has none may live on another one.
  @Test(.needs(Injection.isPossible, Injection.need), arguments: HostLoader.standard)
  func onANetworkOnlyOldWritersAreRemoved(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let now = time(nil)
      for (name, days) in [("young", 0), ("old", 2), ("unlocked-young", 0), ("unlocked-old", 2)] {
        let left = box.cache + "/v1/tmp/" + name
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: false)
        try Data("x".utf8).write(to: URL(filePath: left + "/1"))
        var times = Array(repeating: timespec(tv_sec: now - days * 24 * 3600, tv_nsec: 0), count: 2)
        try #require(utimensat(AT_FDCWD, left, &times, 0) == 0)
      }
      func load(_ setting: Argument, _ type: String) throws -> [String] {
        // The first member of what the kernel fills in is the file system's type, the lowest byte first.
        try loader.command(box.cache, ["--set", setting, "load", "a.wasm"], in: box)
          .run(injecting: "fstatfs:poke_exit=@arg2=\(type)", inChildren: true).outputLines
      }
      #expect(try load("epoch-interruption", "6969000000000000") == ["compiled published 5"])
      #expect(box.temporaryFiles == ["unlocked-young", "young"])
      #expect(try load("fuel", "53ef000000000000") == ["compiled published 5"])
      #expect(box.temporaryFiles == ["unlocked-young"], "ext4's locks reach far")
    }
  }

  /// What a writer left that was killed goes with the next.
  @Test(arguments: HostLoader.standard) func deadWritersAreRemoved(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let left = box.cache + "/v1/tmp/12ab"
      try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: false)
      try Data("x".utf8).write(to: URL(filePath: left + "/1"))
      #expect(try loader.lines("--set", "epoch-interruption", "load", "a.wasm", in: box) == ["compiled published 5"])
      #expect(box.temporaryFiles == [])
    }
  }

  // MARK: What is not loaded

  /// What hands, disks and other programs do to an entry, and what is said of it.
  enum Fault: CaseIterable {
    case flippedBit, otherModule, elsewhere, notALink, missingObject, writableObject, foreignRecord

    var reason: String {
      switch self {
      case .flippedBit, .otherModule: ": ENTRY: its artifact's bytes hash to HEX"
      case .elsewhere: ": ENTRY: its link does not lead to an object"
      case .notALink: ": ENTRY: is not a symbolic link"
      case .missingObject: ""
      case .writableObject: ": ENTRY: other users can write to it (mode 0666)"
      case .foreignRecord: ": ENTRY: the engine refuses it: REFUSAL"
      }
    }

    func plant(_ entry: String, in box: Sandbox) throws {
      let files = FileManager.default
      let object = URL(filePath: entry).resolvingSymlinksInPath().path
      switch self {
      case .flippedBit: try flipBit(ofArtifactAt: entry)
      case .otherModule:
        try box.write(WasmBinary.returning(6), to: "b.wasm")
        try box.succeed("b.wasm")
        let other = try box.succeed("path", "b.wasm").outputLines[0]
        try files.removeItem(atPath: object)
        try files.copyItem(atPath: URL(filePath: other).resolvingSymlinksInPath().path, toPath: object)
      case .elsewhere:
        let target = try files.destinationOfSymbolicLink(atPath: entry)
        try files.removeItem(atPath: entry)
        try files.createSymbolicLink(atPath: entry, withDestinationPath: "../" + target)
      case .notALink:
        try files.removeItem(atPath: entry)
        try files.copyItem(atPath: object, toPath: entry)
      case .missingObject: try files.removeItem(atPath: object)
      case .writableObject: chmod(object, 0o666)
      case .foreignRecord:
        try box.succeed("-W", "epoch-interruption", "a.wasm")
        let other = try box.succeed("path", "-W", "epoch-interruption", "a.wasm").outputLines[0]
        let target = try files.destinationOfSymbolicLink(atPath: other)
        try files.removeItem(atPath: entry)
        try files.createSymbolicLink(atPath: entry, withDestinationPath: target)
      }
    }
  }

  @Test(arguments: HostLoader.standard, Fault.allCases)
  func whatIsWrongCountsAsMissing(_ loader: HostLoader, _ fault: Fault) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let entry = try box.succeed("path", "a.wasm").outputLines[0]
      try fault.plant(entry, in: box)
      func masked(_ line: String) -> String {
        line.replacing(entry, with: "ENTRY").replacing(#/\b[0-9a-f]{64}\b/#, with: "HEX").replacing(
          #/(failed deserialization for: [^:]*: )?Module was compiled.*?host/#, with: "REFUSAL")
      }
      let readOnly = try loader.lines("--only-read", "load", "a.wasm", in: box).map(masked)
      let reason = fault.reason
      #expect(readOnly == ["compiled 5\(reason.isEmpty ? ":" : reason + ";") the cache is only read"])
      #expect(try loader.lines("load", "a.wasm", in: box).map(masked) == ["compiled published 5" + reason])
      // What is corrupt was moved aside; anything else that is wrong is found again.
      let isAside = fault == .flippedBit || fault == .otherModule
      #expect(try loader.lines("load", "a.wasm", in: box).map(masked) == ["cached 5" + (isAside ? "" : reason)])
      let corrupt = try FileManager.default.contentsOfDirectory(atPath: box.cache + "/v1/corrupt")
      #expect(corrupt.count == (isAside ? 1 : 0))
    }
  }

  @Test(arguments: HostLoader.standard) func aCacheThatOthersCanWriteToIsRefused(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let engine = "v1/engines/" + box.engines[0]
      let object = URL(filePath: try box.succeed("path", "a.wasm").outputLines[0]).resolvingSymlinksInPath()
      let prefix = "v1/objects/" + object.deletingLastPathComponent().lastPathComponent
      for name in ["", "v1", "v1/objects", "v1/engines", "v1/tmp", "v1/corrupt", engine, prefix, ".."] {
        let path = name.isEmpty ? box.cache : box.cache + "/" + name
        chmod(path, 0o770)
        let lines = try loader.lines("--only-read", "load", "a.wasm", in: box)
        #expect(lines.count == 1)
        #expect(lines[0].hasPrefix("compiled 5: "), "\(name): \(lines)")
        #expect(lines[0].contains(": other users can write to it (mode 0770)"), "\(name): \(lines)")
        chmod(path, 0o700)
        #expect(try loader.lines("--only-read", "load", "a.wasm", in: box) == ["cached 5"], "\(name)")
      }
    }
  }

  @Test(.enabled(if: getuid() == 0), arguments: HostLoader.standard)
  func aCacheOfSomebodyElseIsRefused(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      for name in ["", "/v1/objects", "/v1/engines/" + box.engines[0]] {
        chown(box.cache + name, 1234, 1234)
        let lines = try loader.lines("--only-read", "load", "a.wasm", in: box)
        #expect(lines == ["compiled 5: \(box.cache)\(name): belongs to another user (1234); the cache is only read"])
        chown(box.cache + name, 0, 0)
      }
    }
  }

  @Test(arguments: HostLoader.standard) func aLinkToACacheIsFollowedAndOneInsideIsNot(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      try FileManager.default.moveItem(atPath: box.cache, toPath: box.path + "/elsewhere")
      try FileManager.default.createSymbolicLink(atPath: box.cache, withDestinationPath: "../../elsewhere")
      #expect(try loader.lines("load", "a.wasm", in: box) == ["cached 5"])
      let objects = box.path + "/elsewhere/v1/objects"
      try FileManager.default.moveItem(atPath: objects, toPath: box.path + "/moved")
      try FileManager.default.createSymbolicLink(atPath: objects, withDestinationPath: box.path + "/moved")
      let lines = try loader.lines("load", "a.wasm", in: box)
      #expect(lines.count == 1 && lines[0].hasPrefix("compiled 5: "), "\(lines)")
      #expect(lines[0].hasSuffix("Not a directory") || lines[0].hasSuffix("Too many levels of symbolic links"))
    }
  }

  @Test(arguments: HostLoader.standard) func aModuleThatTheEngineRefusesIsItsError(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.invalid, to: "bad.wasm")
      let lines = try loader.lines("--write", "load", "bad.wasm", in: box)
      #expect(lines.count == 1 && lines[0].hasPrefix("refused: "), "\(lines)")
      #expect(box.temporaryFiles == [])
      #expect(box.engines.flatMap(box.entries) == [])
    }
  }

  /// `WASMPRECOMPILE_TEST_FLIPS` says how many bits (default 20).
  @Test(arguments: ["24.0.0", "50.0.1"]) func noArtifactWithAFlippedBitIsLoaded(_ version: String) throws {
    let count = ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_FLIPS"].flatMap { Int($0) } ?? 20
    try Sandbox.use { box in
      let run = try HostLoader.flipBits(count, release: EngineRelease(version: version), in: box)
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.output == "\(count) bits of 4 artifacts: loaded 0 by python, 0 by c, 0 by c, in memory\n")
    }
  }

  // MARK: Caches

  @Test(arguments: HostLoader.standard) func lowerCachesAreOnlyRead(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let lower = box.path + "/lower"
      try FileManager.default.moveItem(atPath: box.cache, toPath: lower)
      let before = try FileManager.default.subpathsOfDirectory(atPath: lower).sorted()
      let below = ["--lower", Argument(box.path + "/nowhere"), "--lower", Argument(lower)] as [Argument]
      #expect(try loader.lines(below + ["--write", "load", "a.wasm"], in: box) == ["cached 5"])
      #expect(!FileManager.default.fileExists(atPath: box.cache))
      let other = below + ["--set", "epoch-interruption", "--write", "load", "a.wasm"]
      #expect(try loader.lines(other, in: box) == ["compiled published 5"])
      #expect(try loader.lines(below + ["load", "a.wasm"], in: box) == ["cached 5"])
      #expect(try FileManager.default.subpathsOfDirectory(atPath: lower).sorted() == before)
    }
  }

  /// An entry that was last used days ago is not the first to go after a host loaded it.
  @Test(arguments: HostLoader.standard) func aUseIsRecorded(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let entry = try box.succeed("path", "a.wasm").outputLines[0]
      func used() -> Int {
        var status = stat()
        lstat(entry, &status)
        return status.st_mtim.tv_sec
      }
      let now = time(nil)
      for (days, isRecorded) in [(0.5, false), (3, true), (-3, true)] {
        let then = now - Int(days * 24 * 3600)
        var times = [timespec(tv_sec: then, tv_nsec: 0), timespec(tv_sec: then, tv_nsec: 0)]
        try #require(utimensat(AT_FDCWD, entry, &times, AT_SYMLINK_NOFOLLOW) == 0)
        #expect(try loader.lines("load", "a.wasm", in: box) == ["cached 5"])
        #expect((used() != then) == isRecorded, "\(days) days")
      }
    }
  }

  /// A host that was deployed without its cache is slow, and its log says why: once.
  @Test func pythonSaysOnceThatThereIsNoCache() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let script = """
        import wasmtime, wasmprecompile
        engine = wasmtime.Engine()
        for number in (1, 2): wasmprecompile.load(engine, f"{number}.wasm", cache="none")
        wasmprecompile.load(engine, "1.wasm", cache="none", write=False)
        """
      var python = HostLoader.standard[0].python(["-c", Argument(script)], in: box)
      python.environment["PYTHONPATH"]? += ":\(HostLoader.sources)/python"
      let run = try python.run()
      #expect(
        run.errors == "none: there is no cache, so that nothing is kept: make one with write=True or by running "
          + "wasmprecompile\n")
    }
  }

  /// The directory where none is given is the one that `--cache-dir` of the tool says.
  @Test func theDefaultDirectoryIsTheTools() throws {
    try Sandbox.use { box in
      let script = "import wasmprecompile; print(wasmprecompile.default_directory())"
      for (variables, directory) in [
        (["WASMPRECOMPILE_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"], "/a"),
        (["WASMPRECOMPILE_CACHE_DIR": "", "XDG_CACHE_HOME": "/b"], "/b/wasmprecompile"),
        (["XDG_CACHE_HOME": "b"], box.path + "/home/.cache/wasmprecompile"),
        ([:], box.path + "/home/.cache/wasmprecompile"),
      ] {
        var python = HostLoader.standard[0].python(["-c", Argument(script)], in: box)
        python.environment["PYTHONPATH"]? += ":\(HostLoader.sources)/python"
        python.environment["XDG_CACHE_HOME"] = nil
        python.environment.merge(variables) { $1 }
        let run = try python.run()
        #expect(run.output == directory + "\n", "\(run.errors)")
      }
    }
  }

  // MARK: Components

  @Test(arguments: HostLoader.all) func componentsAreCached(_ loader: HostLoader) throws {
    // The C API has them from 33 on, Python's package later.
    if loader.release.version == "24.0.0" || loader.release.version == "36.0.0" { return }
    try Sandbox.use { box in
      try box.write(WasmBinary.emptyComponent, to: "a.wasm")
      let engine = Argument(try loader.release.library())
      try box.succeed("--engine", engine, "a.wasm")
      #expect(try loader.lines("load-component", "a.wasm", in: box) == ["cached"])
      let other = ["--set", "epoch-interruption", "load-component", "a.wasm"] as [Argument]
      #expect(try loader.lines(other, in: box) == ["compiled published"])
      #expect(try loader.lines(other, in: box) == ["cached"])
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
    }
  }

  // MARK: The engine's build

  /// An engine without a build id is known by its file.
  @Test(arguments: HostLoader.standard) func anEngineWithoutBuildIDIsKnownByItsFile(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      let script = """
        import glob, os, shutil, sys
        shutil.copytree(sys.argv[1], "packages/wasmtime")
        path, = glob.glob("packages/wasmtime/linux-*/_libwasmtime.so")
        bytes = bytearray(open(path, "rb").read())
        note = bytes.index(b"\\3\\0\\0\\0GNU\\0")
        bytes[note] = 9
        open(path, "wb").write(bytes)
        print(os.path.abspath(path))
        """
      let package = Argument(loader.release.pythonPath + "/wasmtime")
      let made = try box.command("python3", ["-c", Argument(script), package]).run()
      try #require(made.ending == .exited(0), "\(made.errors)")
      let engine = try #require(made.outputLines.last)
      try box.succeed("--engine", Argument(engine), "a.wasm")
      let digest = try box.command("sha256sum", [Argument(engine)]).run().output.prefix(64)
      let text = try String(contentsOfFile: "\(box.cache)/v1/engines/\(box.engines[0])/engine.json", encoding: .utf8)
      #expect(text.contains("\"build\" : \"\(digest)\""))
      var host = try loader.command(box.cache, ["load", "a.wasm"], in: box)
      host.environment["PYTHONPATH"] = box.work + "/packages"
      let run = try host.run()
      #expect(run.output == "cached 5\n", "\(run.errors)")
    }
  }

  // MARK: Installed

  @Test func theInstalledLoaderForCIsFoundByPkgConfig() throws {
    try Sandbox.use { box in
      let prefix = try Installation.shared.get().path
      let files = FileManager.default
      for name in ["host.c", "Makefile"] {
        try files.copyItem(
          atPath: "\(EngineUnderTest.packageRoot)/Examples/c-host/\(name)", toPath: box.work + "/" + name)
      }
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      // It names the place that it was installed for, not the one where it is staged.
      let staged = try String(contentsOfFile: prefix + "/lib/pkgconfig/wasmprecompile.pc", encoding: .utf8)
      #expect(staged.hasPrefix("prefix=\(Installation.prefix)\n"))
      try box.write(
        staged.replacing("prefix=\(Installation.prefix)\n", with: "prefix=\(prefix)\n"), to: "wasmprecompile.pc")
      var make = box.command(
        "make", ["CC=\(try Examples.compiler.get())", "ENGINE=\(try EngineRelease.standard.library())"])
      make.environment["PKG_CONFIG_PATH"] = box.work
      let made = try make.run()
      #expect(made.ending == .exited(0) && made.errors == "", "\(made.errors)")
      try box.succeed("a.wasm")
      let run = try box.command("./host", ["a.wasm", "value"]).run()
      #expect(run.ending == .exited(0) && run.output == "5\n" && run.errors == "", "\(run.errors)")
    }
  }

  @Test func theInstalledLoaderForPythonIsAPackage() throws {
    try Sandbox.use { box in
      let prefix = try Installation.shared.get().path
      let place = try #require(
        try Installation.files(in: try Installation.shared.get().root).first {
          $0.hasSuffix("/wasmprecompile/__init__.py")
        })
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let script = """
        import wasmtime, wasmprecompile
        outcomes = []
        engine = wasmtime.Engine()
        module = wasmprecompile.load(engine, "a.wasm")
        cache = wasmprecompile.Cache(engine, report=outcomes.append)
        cache.load("a.wasm")
        print(wasmprecompile.__file__, cache.hits, cache.misses, outcomes[0].from_cache, cache.path("a.wasm") == outcomes[0].path)
        """
      var python = HostLoader.standard[0].python(["-c", Argument(script)], in: box)
      let packages = "\(prefix)/\(place.dropLast("/wasmprecompile/__init__.py".count))"
      python.environment["PYTHONPATH"]? += ":" + packages
      let run = try python.run()
      #expect(run.output == "\(prefix)/\(place) 1 0 True True\n", "\(run.errors)")
    }
  }

  /// Where Debian's Python looks, for the prefixes that it knows.
  @Test func pythonLooksWhereThePackageIsInstalled() throws {
    guard FileManager.default.fileExists(atPath: "/usr/bin/python3") else { return }
    try Sandbox.use { box in
      let searched = try box.command("/usr/bin/python3", ["-c", "import sys; print(*sys.path, sep='\\n')"]).run()
      for prefix in ["/usr/local", "/usr"] {
        var make = box.command(
          "make", ["-s", "--eval=show: ; @echo $(PREFIX)/$(PYTHON_PLACE)", "PREFIX=\(prefix)", "show"])
        make.directory = "\(EngineUnderTest.packageRoot)"
        let place = try #require(try make.run().outputLines.last)
        #expect(searched.outputLines.contains(place), "\(place)")
      }
    }
  }

  @Test func thePythonPackageHasTheToolsVersion() throws {
    try Sandbox.use { box in
      let text = try String(contentsOfFile: HostLoader.sources + "/python/pyproject.toml", encoding: .utf8)
      let version = try box.succeed("--version").output.split(whereSeparator: \.isWhitespace)
      #expect(version.contains { text.contains("version = \"\($0)\"\n") }, "\(version)")
    }
  }
}
