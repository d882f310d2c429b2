import Foundation
import Glibc
import TestSupport
import Testing

/// What the loaders for hosts in Python and C write into a cache, and what of other writers they remove.
@Suite struct HostPublishingTests {
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
}
