import Foundation
import TestSupport
import Testing

/// `inspect`: what is in modules and artifacts, and who would load them.
@Suite struct InspectTests {
  @Test func aModuleIsShownWithItsArtifacts() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let bare = try box.succeed("inspect", "one.wasm").output
      let hash = String(try box.succeed("hash", "one.wasm").output.prefix(64))
      #expect(
        bare == """
          module     one.wasm
          size       38 B
          sha256     \(hash)
          functions  1, 4 B of code
          sections
            type      5 B
            function  2 B
            export    9 B
            code      6 B
          exports
            value  function  () -> i32
          largest functions
            4 B  0  value

          """)
      #expect(!FileManager.default.fileExists(atPath: box.cache))
      try box.succeed("--backend", "winch", "one.wasm")
      let entry = try box.artifact("--backend", "winch", "one.wasm")
      let cached = try box.succeed("inspect", "--functions", "0", "one.wasm").output
      #expect(cached.masked.hasSuffix("artifacts\n  winch  wasmtime 50  SIZE  \(entry)\n"))
      #expect(!cached.contains("largest"))

      let lines = try MachineOutput(try box.succeed("inspect", "--format", "json", "one.wasm").output, in: box)
      let module = try #require(lines.of("inspected").first)
      #expect(module["kind"] as? String == "module" && module["sha256"] as? String == hash)
      #expect((module["exports"] as? [[String: Any]])?.first?["signature"] as? String == "() -> i32")
      #expect((module["artifacts"] as? [[String: Any]])?.first?["artifact"] as? String == entry)
    }
  }

  @Test func anArtifactTellsItsModuleAndEngine() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      try box.succeed("build/sha256.wasm")
      let entry = try box.artifact("build/sha256.wasm")
      let text = try box.succeed("inspect", "\(entry)").output
      let hash = String(try box.succeed("hash", "build/sha256.wasm").output.prefix(64))
      #expect(text.contains("module     \(hash), last seen at \(box.work)/build/sha256.wasm\n"))
      #expect(text.contains("engine     wasmtime 50, target \(EngineUnderTest.hostTriple)\n"))
      #expect(text.contains("loads      yes, with cranelift of \(box.installedEngine)\n"))
      #expect(text.contains("\nflags      ") && text.contains("opt_level=speed ") && text.contains("\nprocessor  "))
      #expect(
        text.lines.allSatisfy { $0.count <= 112 || $0.contains(box.path) || $0.contains(box.installedEngine) },
        "\(text)")
      #expect(text.contains(".text"))
      #expect(text.contains("wasm[0]::function["))
      let lines = try MachineOutput(try box.succeed("inspect", "--format", "json", "\(entry)").output, in: box)
      let artifact = try #require(lines.of("inspected").first)
      #expect(artifact["module_sha256"] as? String == hash && artifact["engine"] as? String == box.engines.first)
      #expect(artifact["intact"] as? Bool == true)
      #expect((artifact["flags"] as? [String: String])?["opt_level"] == "speed")
      let readelf = try box.command("readelf", ["-sW", "\(entry)"]).run().output
      #expect(artifact["functions"] as? Int == readelf.lines.count { $0.contains(" FUNC ") })
    }
  }

  /// No two settings of an artifact have the same name, and those of the heap of garbage collection are not memories'.
  @Test func whatIsInTheRecordHasNames() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      for backend in ["cranelift", "winch"] {
        try box.succeed("--backend", "\(backend)", "-O", "memory-reservation=65536", "--output", "out", "a.wasm")
        let lines = try MachineOutput(try box.succeed("inspect", "--format", "json", "out/a.cwasm").output, in: box)
        let tunables = try #require(lines.of("inspected").first?["tunables"] as? [String])
        #expect(tunables.contains("winch-callable=\(backend == "winch" ? 1 : 0)"), "\(tunables)")
        #expect(tunables.contains("debug-adapter-modules=0"), "\(tunables)")
        #expect(tunables.contains("memory-reservation=65536") && tunables.contains("gc-heap-reservation=65536"))
        let names = tunables.map { $0.prefix { $0 != "=" } }
        #expect(Set(names).count == names.count, "\(names)")
      }
    }
  }

  @Test func aDamagedArtifactIsCalledSo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      let entry = try box.artifact("one.wasm")
      #expect(!(try box.succeed("inspect", "\(entry)").output.contains("damaged")))
      try flipBit(ofArtifactAt: entry)
      let text = try box.succeed("inspect", "\(entry)").output
      #expect(
        text.contains(
          "\ndamaged    these are not the bytes that were stored; `wasmprecompile cache verify --repair` removes them\n"
        ))
      let lines = try MachineOutput(try box.succeed("inspect", "--format", "json", "\(entry)").output, in: box)
      #expect(lines.of("inspected").first?["intact"] as? Bool == false)
      // Elsewhere nobody knows.
      try box.write(Array(Data(contentsOf: URL(filePath: entry))), to: "copy.cwasm")
      let copy = try MachineOutput(try box.succeed("inspect", "--format", "json", "copy.cwasm").output, in: box)
      #expect(copy.of("inspected").first?["intact"] is NSNull)
    }
  }

  /// The verdict, which our engine gave in a child, against what Python's wasmtime says when it loads the artifact.
  @Test func theVerdictIsTheEngines() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let older = EngineRelease(version: "48.0.0")
      let variants: [[Argument]] = [
        [], ["--opt-level", "none"], ["--cpu", "baseline"], ["--backend", "winch"], ["--backend", "pulley"],
        ["--engine", "\(try older.library())"],
      ]
      let entries = try variants.map { try box.artifact("--compile", in: $0 + ["one.wasm"]) }
      for release in [EngineRelease.standard, older] {
        var python = box.command("python3", ["-c", Argument(Self.loader)] + entries.map { Argument($0) })
        python.environment["PYTHONPATH"] = release.pythonPath
        python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        let result = try python.run()
        #expect(result.ending == .exited(0), "\(result.errors)")
        let verdicts = try entries.map { entry in
          let output = try box.succeed(
            "inspect", "--format", "json", "--engine", "\(try release.library())", "\(entry)"
          ).output
          let verdicts = try MachineOutput(output, in: box).of("inspected").first?["verdicts"] as? [[String: Any]]
          let verdict = try #require(verdicts?.first)
          #expect(verdicts?.count == 1 && verdict["host"] is NSNull)
          #expect((verdict["loads"] as? Bool) == (verdict["reasons"] as? [String])?.isEmpty)
          return verdict["loads"] as? Bool == true ? "yes" : "no"
        }
        #expect(verdicts == result.outputLines, "\(release)")
      }
    }
  }

  /// An engine that does not have a setting cannot be asked what it would do with it.
  @Test func whatCannotBeAskedIsNotKnown() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let engine = try EngineRelease(version: "24.0.0").library()
      let artifact = try box.artifact("--compile", "--engine", "\(engine)", "one.wasm")
      let options: [Argument] = ["--engine", "\(engine)", "-W", "exceptions", "\(artifact)"]
      let text = try box.succeed(["inspect"] + options).output
      #expect(
        text.contains(
          "\nloads      not known, with \(engine):\n           - this release cannot be given exceptions through its C "
            + "API: releases since 39 can\n"), "\(text)")
      let lines = try MachineOutput(try box.succeed(["inspect", "--format", "json"] + options).output, in: box)
      let verdicts = lines.of("inspected").first?["verdicts"] as? [[String: Any]]
      #expect(verdicts?.first?["loads"] is NSNull)
    }
  }

  /// Whether an engine loads an artifact with any of its backends.
  private static let loader = """
    import sys, wasmtime
    import wasmtime._ffi as ffi
    def loads(path, backend):
        config = wasmtime.Config()
        if backend == "winch": ffi.wasmtime_config_strategy_set(config.ptr(), 2)
        if backend == "pulley": config.target = "pulley64"
        try: wasmtime.Module.deserialize_file(wasmtime.Engine(config), path)
        except wasmtime.WasmtimeError: return False
        return True
    for path in sys.argv[1:]:
        print("yes" if any(loads(path, backend) for backend in ["cranelift", "winch", "pulley"]) else "no")
    """

  @Test func otherFilesAreRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty + [0x01, 0x70, 0x00], to: "cut.wasm")
      try box.write("(module)", to: "text.wat")
      try box.write([], to: "empty")
      try FileManager.default.createDirectory(atPath: box.work + "/folder", withIntermediateDirectories: false)
      for (file, message) in [
        ("cut.wasm", "is damaged at byte 0xa: a section has 112 bytes, where 1 are left"),
        ("text.wat", "is WebAssembly text, not binary: convert it with `wat2wasm`"), ("empty", "is empty"),
        ("/bin/sh", "is native code (ELF), but no artifact of a libwasmtime, nor one of the cache's"),
        ("absent", "cannot be read: no such file or directory"), ("folder", "cannot be read: it is a directory"),
        ("/dev/null", "cannot be read: it is a character device"),
      ] {
        let run = try box.tool("inspect", "\(file)").run()
        #expect(run.ending == .exited(1))
        #expect(run.errors == "\(file): error: \(message)\n")
        let lines = try MachineOutput(try box.tool("inspect", "--format", "json", "\(file)").run().output, in: box)
        #expect(lines.of("error").first?["message"] as? String == message)
      }
    }
  }

  /// Artifacts with anything done to them are shown or refused, by a program that ends by itself.
  @Test func damagedArtifactsEndNobody() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let entry = try box.artifact("--compile", "one.wasm")
      let whole = Array(try #require(FileManager.default.contents(atPath: entry)))
      var random = SeededGenerator(seed: 3)
      for _ in 0..<20 {
        try box.write(random.mutating(random.mutating(whole)), to: "damaged")
        let run = try box.tool("inspect", "--engine", "/absent.so", "damaged").run()
        #expect([.exited(0), .exited(1)].contains(run.ending), "\(run.errors)")
      }
    }
  }
}

extension Sandbox {
  fileprivate func artifact(_ option: Argument, in arguments: [Argument]) throws -> String {
    try #require(try succeed(["path", option] + arguments).outputLines.first)
  }
}
