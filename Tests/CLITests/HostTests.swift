import Foundation
import Glibc
import TestSupport
import Testing

/// The host programs of Examples/, which load what the tool stored.
@Suite struct HostTests {
  private static let examples = "\(EngineUnderTest.packageRoot)/Examples"

  @Test func thePythonHostLoadsFromTheCache() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      try box.succeed("build")
      let modules = Examples.results.map { "build/\($0.0).wasm" }
      var host = box.command("python3", [Argument(Self.examples + "/check.py")] + modules.map { Argument($0) })
      host.environment["PYTHONPATH"] = EngineRelease.standard.pythonPath
      host.environment["PYTHONDONTWRITEBYTECODE"] = "1"
      host.environment["WASMPRECOMPILE"] = box.executable
      let run = try host.run()
      #expect(run.ending == .exited(0) && run.errors == "")
      #expect(
        run.outputLines == [
          "build/dot.wasm: 280", "build/gcd.wasm: 21", "build/mandelbrot.wasm: 3795", "build/primes.wasm: 78498",
          "build/sha256.wasm: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          "build/slug.wasm: hello-world-2-of-3",
        ])
    }
  }

  @Test(arguments: ["36.0.0", "50.0.1"]) func theCHostLoadsFromTheCache(_ version: String) throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      let engine = try EngineRelease(version: version).library()
      try FileManager.default.copyItem(atPath: Self.examples + "/c-host/host.c", toPath: box.work + "/host.c")
      try FileManager.default.copyItem(atPath: Self.examples + "/c-host/Makefile", toPath: box.work + "/Makefile")
      let loader = Argument("LOADER=\(HostLoader.sources)/c")
      let made = try box.command("make", ["CC=\(try Examples.compiler.get())", "ENGINE=\(engine)", loader]).run()
      #expect(made.ending == .exited(0) && made.errors == "")

      func call(_ module: String, _ arguments: Argument...) throws -> CommandResult {
        try box.command("./host", ["build/\(module).wasm"] + arguments).run()
      }
      let uncached = try call("gcd", "gcd", "1071", "462")
      #expect(uncached.output == "21\n")
      #expect(
        uncached.errorLines == ["build/gcd.wasm: compiled", "build/gcd.wasm: there is no cache to publish to"])
      try box.succeed("--engine", Argument(engine), "build/primes.wasm")
      let compiled = try call("gcd", "gcd", "1071", "462")
      #expect(compiled.output == "21\n" && compiled.errors == "build/gcd.wasm: compiled, for the next time, too\n")
      let primes = try call("primes", "primes_below", "1000000")
      #expect(primes.output == "78498\n" && primes.errors == "")
      let cached = try call("gcd", "gcd", "1071", "462")
      #expect(cached.output == "21\n" && cached.errors == "")
      let missing = try call("gcd", "lcm", "1", "2")
      #expect(missing.ending == .exited(1))
      #expect(missing.errors == "lcm: error: the module exports no function of this name\n")
      let trap = try call("primes", "primes_below", "2000000")
      #expect(trap.ending == .exited(1) && trap.errors.hasPrefix("primes_below: error: error while executing at wasm"))
      let unloadable = try box.command("./host", ["host.c", "gcd"]).run()
      #expect(unloadable.ending == .exited(1) && unloadable.errors.hasPrefix("host.c: error: failed to parse"))
      let absent = try box.command("./host", ["nowhere.wasm", "gcd"]).run()
      #expect(absent.ending == .exited(1) && absent.errors == "nowhere.wasm: error: No such file or directory\n")
    }
  }

  /// A host that has no engine, and an artifact that is a shared library.
  @Test func theHostWithoutEngineLoadsASharedLibrary() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      for name in ["host.c", "Makefile"] {
        try FileManager.default.copyItem(
          atPath: Self.examples + "/wasm2c-host/\(name)", toPath: box.work + "/" + name)
      }
      let made = try box.command(
        "make", ["CC=\(try Examples.compiler.get())", "WASM2C=/usr/bin/wasm2c", "MODULE=build/primes.wasm"]
      ).run()
      #expect(made.ending == .exited(0) && made.errors == "", "\(made.errors)")
      func call(_ module: Argument, _ limit: Argument) throws -> CommandResult {
        var host = box.command("./host", [module, limit])
        host.environment["WASMPRECOMPILE"] = box.executable
        return try host.run()
      }
      let compiled = try call("build/primes.wasm", "1000000")
      #expect(compiled.output == "78498\n", "\(compiled.errors)")
      #expect(box.engines.map { $0.hasPrefix("wasm2c-") } == [true])
      let cached = try call("build/primes.wasm", "1000000")
      #expect(cached.output == "78498\n" && cached.errors == "")
      let trap = try call("build/primes.wasm", "2000000")
      #expect(trap.ending == .exited(1))
      #expect(trap.errors == "build/primes.wasm: error: Unreachable instruction executed\n")
      let absent = try call("nowhere.wasm", "1")
      #expect(absent.ending == .exited(1) && absent.errors.hasPrefix("nowhere.wasm: error: "), "\(absent.errors)")
      let other = try call("build/gcd.wasm", "1")
      #expect(other.ending == .exited(1))
      #expect(other.errors.contains("Z_moduleZ_primes_below: error: the artifact has no symbol of this name"))
    }
  }

  @Test func theFirstModuleOfTheTutorialRuns() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      let program = URL(filePath: box.executable).deletingLastPathComponent().appending(path: "first-module").path
      for _ in 1...2 {
        let run = try box.command(
          program, [Argument(try EngineRelease.standard.library()), Argument(box.cache), "build/gcd.wasm"]
        ).run()
        #expect(run.ending == .exited(0) && run.output == "21\n", "\(run.errors)")
      }
      // It ends at once, and yet writes down what it did.
      let statistics = try box.succeed("cache", "stats").output
      #expect(statistics.contains("\nmisses       1: 1 new module\n"), "\(statistics)")
      // What it compiled is what the tool finds.
      let again = try box.succeed("build/gcd.wasm")
      #expect(again.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
    }
  }

  /// The tutorial's programs, of which the last is the one that the tests run; that the others compile, too, is checked
  /// where the documentation is generated.
  @Test func theTutorialEndsWithTheFirstModule() throws {
    let resources = "\(EngineUnderTest.packageRoot)/Sources/WasmCache/WasmCache.docc/Resources"
    let last = try String(contentsOfFile: resources + "/first-module-5.swift", encoding: .utf8)
    #expect(try String(contentsOfFile: Self.examples + "/first-module/main.swift", encoding: .utf8) == last)
  }

  @Test func thePluginHostSwapsItsPluginsWhileTheWatcherRuns() throws {
    try Sandbox.use { box in
      try box.write(plugin(multiplyingBy: 2), to: "plugins/scale.wasm")
      try box.succeed("plugins")
      let program = try PluginHostPackage.program.get()
      let host = try box.command(
        "sh",
        [
          "-c", "exec \"$@\" > output 2>&1", "sh", Argument(program), Argument(box.installedEngine),
          Argument(box.cache),
          "plugins",
        ]
      ).start()
      defer { host.send(SIGTERM) }
      func says(_ text: String, _ location: SourceLocation = #_sourceLocation) {
        let output = { (try? String(contentsOfFile: box.work + "/output", encoding: .utf8)) ?? "" }
        #expect(eventually { output().contains(text) }, "\(output())", sourceLocation: location)
      }
      says("scale.wasm: loaded\nscale.wasm: apply(20) = 40\n")

      let watch = try box.tool("--watch", "--exec", "kill -HUP \(host.id)", "plugins").start()
      defer { watch.send(SIGTERM) }
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 1 module") })
      try box.write(plugin(multiplyingBy: 3), to: "plugins/scale.wasm")
      says("scale.wasm: loaded\nscale.wasm: apply(20) = 60\n")
      try box.write(plugin(multiplyingBy: 5), to: "plugins/other.wasm")
      says("other.wasm: loaded\nother.wasm: apply(20) = 100\nscale.wasm: apply(20) = 60\n")
      // A broken one leaves its predecessor at work.
      try box.write(WasmBinary.invalid, to: "plugins/scale.wasm")
      #expect(eventually { watch.errorsSoFar.contains("plugins/scale.wasm: error: ") })
      host.send(SIGHUP)
      says("scale.wasm: the cache has no artifact for cranelift of module ")
      try box.write(plugin(multiplyingBy: 7), to: "plugins/scale.wasm")
      says("other.wasm: apply(20) = 100\nscale.wasm: apply(20) = 140\n")

      watch.send(SIGTERM)
      host.send(SIGTERM)
      #expect(watch.wait().ending == .signalled(SIGTERM))
      #expect(host.wait().ending == .signalled(SIGTERM))
    }
  }

  /// A plug-in whose function `apply` multiplies an i64.
  private func plugin(multiplyingBy factor: UInt8) -> [UInt8] {
    WasmBinary.empty + WasmBinary.section(1, [0x01, 0x60, 0x01, 0x7e, 0x01, 0x7e])
      + WasmBinary.section(3, [0x01, 0x00])
      + WasmBinary.section(7, [0x01] + WasmBinary.name("apply") + [0x00, 0x00])
      + WasmBinary.section(10, [0x01, 0x07, 0x00, 0x20, 0x00, 0x42, factor, 0x7e, 0x0b])
  }
}
