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

}
