import Foundation
import Glibc
import TestSupport
import Testing

/// Programs that run from the cache.
@Suite struct RunTests {
  static let releases = [
    EngineRelease(version: "24.0.0"), EngineRelease(version: "36.0.0"), EngineRelease(version: "48.0.0"), .standard,
  ]

  /// Every release with every backend that its C API has.
  static let engines = releases.flatMap { release in
    let backends = ["24.0.0", "36.0.0"].contains(release.version) ? ["cranelift"] : ArtifactTests.backends
    return backends.map { (release, $0) }
  }

  // MARK: What a program gets

  @Test(arguments: releases) func aProgramHasItsArgumentsEnvironmentStreamsAndStatus(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try Programs.copy("hello", "tell", "cat", "exit", to: box)
      let engine: [Argument] = ["--engine", Argument(try release.library())]
      let hello = try box.succeed(["run"] + engine + ["hello.wasm"])
      #expect(hello.output == "hello" && hello.errors == "trouble")

      var tell = box.tool(
        ["run"] + engine + ["--env", "A=1", "--env", "B", "--env", "C=x=y", "--env", "D=", "tell.wasm"])
      tell.environment["B"] = "from here"
      tell.environment["E"] = "not for the program"
      tell.arguments += ["--env", "one", "", "--", "-h", "--help", "ünïcode"]
      let told = try tell.run()
      #expect(told.errors == "")
      #expect(
        told.output.split(separator: "\0", omittingEmptySubsequences: false) == [
          "tell.wasm", "--env", "one", "", "--", "-h", "--help", "ünïcode", "A=1", "B=from here", "C=x=y", "D=", "",
        ])
      #expect(told.ending == .exited(8))

      let pipe = "head -c 100000 /dev/zero | \"$@\" cat.wasm | cksum"
      let cat = try box.command("sh", ["-c", Argument(pipe), "sh", Argument(box.executable), "run"] + engine).run()
      #expect(cat.output == "1260869142 100000\n" && cat.errors == "")

      for status in [0, 1, 125] {
        let exit = try box.tool(["run"] + engine + ["--invoke", "exit", "exit.wasm", "\(status)"]).run()
        #expect(exit.ending == .exited(Int32(status)) && exit.output == "" && exit.errors == "")
      }
    }
  }

  @Test(arguments: releases) func aProgramReadsAndChangesTheDirectoriesThatItIsGiven(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try Programs.copy("copy", to: box)
      let run: [Argument] = ["run", "--engine", Argument(try release.library())]
      try box.write("contents", to: "data/in")
      for (option, name) in [("data", "data"), ("data::/", "/"), (box.work + "/data::some where", "some where")] {
        let copy = try box.succeed(run + ["--dir", "\(option)", "copy.wasm"])
        #expect(copy.output == name && copy.errors == "")
        #expect(try String(contentsOfFile: box.work + "/data/out", encoding: .utf8) == "contents")
        try box.remove("data/out")
      }
      // Without a directory there is none (EBADF), and nothing above one (the link leads out of it: EPERM).
      #expect(try box.tool(run + ["copy.wasm"]).run().ending == .exited(8))
      try box.remove("data/in")
      try box.link("data/in", to: "../copy.wasm")
      #expect(try box.tool(run + ["--dir", "data", "copy.wasm"]).run().ending == .exited(63))
    }
  }

  @Test func aSignalEndsTheProgramAsItWouldEndAnyOther() throws {
    try Sandbox.use { box in
      try Programs.copy("forever", to: box)
      for signal in [SIGINT, SIGTERM] {
        let run = try box.tool("run", "forever.wasm").start()
        #expect(eventually { run.errorsSoFar == "running" })
        run.send(signal)
        #expect(run.wait().ending == .signalled(signal))
      }
      try box.write(WasmBinary.bomb(depth: 200), to: "slow.wasm")
      let compiling = try box.tool("run", "slow.wasm").start()
      _ = try box.busyChild(of: compiling)
      compiling.send(SIGINT)
      #expect(compiling.wait().ending == .signalled(SIGINT))
    }
  }

  // MARK: Functions

  @Test(arguments: engines)
  func functionsTakeAndGiveEveryKindOfNumber(_ release: EngineRelease, _ backend: String) throws {
    try Sandbox.use { box in
      try Programs.copy("numbers", to: box)
      for (function, arguments, results) in [
        ("nothing", [], ""), ("many", [], "1\n2\n3\n"), ("is_ready", [], "1\n"),
        ("i32", ["-2147483648"], "-2147483648\n"), ("i32", ["4294967295"], "-1\n"), ("i32", ["0x10"], "16\n"),
        ("i64", ["-9223372036854775808"], "-9223372036854775808\n"), ("i64", ["0xffffffffffffffff"], "-1\n"),
        ("f32", ["0.1"], "0.1\n"), ("f32", ["-inf"], "-inf\n"), ("f64", ["1e300"], "1e+300\n"),
        ("f64", ["nan"], "nan\n"),
        ("mix", ["-1", "2.5", "-3", "0.25"], "0.25\n-3\n2.5\n-1\n"),
      ] as [(Argument, [Argument], String)] {
        let options: [Argument] = [
          "--engine", Argument(try release.library()), "--backend", Argument(backend), "--invoke", function,
        ]
        let run = try box.succeed(["run"] + options + ["numbers.wasm"] + arguments)
        #expect(run.output == results && run.errors == "", "\(function.text)")
      }
    }
  }

  @Test func whatCannotBeCalledIsRefusedWithTheReason() throws {
    try Sandbox.use { box in
      try Programs.copy("numbers", "reference", "vector", "bare", to: box)
      let offer = "--invoke calls one of _initialize, is_ready, i32, i64, f32, f64, mix, nothing, many"
      for (arguments, status, complaint) in [
        (["--invoke", "f16", "numbers.wasm"], 1, "numbers.wasm: error: exports no function f16: \(offer)"),
        (["--invoke", "memory", "numbers.wasm"], 1, "numbers.wasm: error: exports no function memory: \(offer)"),
        (["numbers.wasm"], 1, "numbers.wasm: error: is not a program: it exports no function _start; \(offer)"),
        (
          ["bare.wasm"], 1,
          "bare.wasm: error: is not a program: it exports no function _start; --invoke calls functions, and it exports none"
        ),
        (
          ["--invoke", "i32", "numbers.wasm"], 64,
          "numbers.wasm: error: the function i32 takes 1 argument, not 0: it is (i32) -> i32"
        ),
        (
          ["--invoke", "mix", "numbers.wasm", "1", "2", "3", "4", "5"], 64,
          "numbers.wasm: error: the function mix takes 4 arguments, not 5: it is (i32, f64, i64, f32) -> (f32, i64, f64, i32)"
        ),
        (
          ["--invoke", "mix", "numbers.wasm", "1", "2", "3.5", "4"], 64,
          "numbers.wasm: error: the function mix takes as argument 3 an i64, which 3.5 is not: it is (i32, f64, i64, f32) -> (f32, i64, f64, i32)"
        ),
        (
          ["--invoke", "i32", "numbers.wasm", "4294967296"], 64,
          "numbers.wasm: error: the function i32 takes as argument 1 an i32, which 4294967296 is not: it is (i32) -> i32"
        ),
        (
          ["--invoke", "reference", "reference.wasm", "1", "2"], 1,
          "reference.wasm: error: the function “reference” is (i32, another type) -> (): only functions of numbers can be called"
        ),
        (
          ["--invoke", "vector", "vector.wasm", "1"], 1,
          "vector.wasm: error: the function “vector” is (another type) -> i32: only functions of numbers can be called"
        ),
      ] as [([Argument], Int32, String)] {
        let run = try box.tool(["run"] + arguments).run()
        #expect(run.ending == .exited(status), "\(arguments.map(\.text))")
        #expect(run.output == "" && run.errors == complaint + "\n")
      }
    }
  }

  // MARK: Ends

  @Test(arguments: engines)
  func aTrapPrintsItsBacktraceAndExitsWith134(_ release: EngineRelease, _ backend: String) throws {
    try Sandbox.use { box in
      try Programs.copy("trap", "broken", "exit", to: box)
      let run: [Argument] = ["run", "--engine", Argument(try release.library()), "--backend", Argument(backend)]
      let trap = try box.tool(run + ["trap.wasm"]).run()
      #expect(trap.ending == .exited(134) && trap.output == "")
      #expect(
        trap.errors.replacing(#/0x[0-9a-f]+/#, with: "0x…") == """
          trap.wasm: error: trapped: wasm `unreachable` instruction executed
              0: 0x… - program!inner
              1: 0x… - program!outer
              2: 0x… - program!<wasm function 3>

          """)
      for (function, reason) in [
        ("divide", "integer divide by zero"),
        ("load", "memory fault at wasm address 0x10000 in linear memory of size 0x10000: out of bounds memory access"),
      ] {
        let argument = function == "load" ? "65536" : "0"
        let trap = try box.tool(run + ["--invoke", "\(function)", "trap.wasm", "\(argument)"]).run()
        #expect(trap.ending == .exited(134) && trap.errorLines.count == 2)
        #expect(trap.errorLines.first?.hasSuffix(reason.split(separator: ": ").last ?? "") == true, "\(trap.errors)")
      }
      let overflow = try box.tool(run + ["--invoke", "overflow", "trap.wasm"]).run()
      #expect(overflow.ending == .exited(134))
      #expect(overflow.errorLines.first == "trap.wasm: error: trapped: call stack exhausted")
      #expect(overflow.errorLines.count == 21)

      let broken = try box.tool(run + ["broken.wasm"]).run()
      #expect(broken.ending == .exited(134))
      #expect(broken.errorLines.first == "broken.wasm: error: trapped: wasm `unreachable` instruction executed")

      let exit = try box.tool(run + ["--invoke", "exit", "exit.wasm", "126"]).run()
      #expect(exit.ending == .exited(134))
      #expect(
        exit.errorLines.first == "exit.wasm: error: trapped: exit with invalid exit status outside of [0..126)")
    }
  }

  /// The engine's advice works, and is no call.
  @Test func linesOfSourceAreShownWhereTheEngineAdvisesIt() throws {
    try Sandbox.use { box in
      try box.write("void inner(void) { __builtin_trap(); }\nvoid _start(void) { inner(); }\n", to: "source.c")
      let compiled = try box.command(
        Examples.compiler.get(),
        [
          "--target=wasm32", "-g", "-O0", "-nostdlib", "-Wl,--no-entry", "-Wl,--export=_start", "-o", "a.wasm",
          "source.c",
        ]
      ).run()
      try #require(compiled.ending == .exited(0), "\(compiled.errors)")
      let plain = try box.tool("run", "a.wasm").run()
      #expect(plain.ending == .exited(134))
      #expect(
        plain.errorLines.map { $0.replacing(#/0x[0-9a-f]+/#, with: "0x…") } == [
          "a.wasm: error: trapped: wasm `unreachable` instruction executed", "    0: 0x… - a.wasm!inner",
          "    1: 0x… - a.wasm!_start",
          "    note: using the `WASMTIME_BACKTRACE_DETAILS=1` environment variable may show more debugging information",
        ])
      var command = box.tool("run", "a.wasm")
      command.environment["WASMTIME_BACKTRACE_DETAILS"] = "1"
      let detailed = try command.run()
      #expect(detailed.ending == .exited(134))
      #expect(
        detailed.errorLines.map { $0.replacing(#/0x[0-9a-f]+/#, with: "0x…") } == [
          "a.wasm: error: trapped: wasm `unreachable` instruction executed",
          "    0: 0x… - inner at \(box.work)/source.c:1:20", "    1: 0x… - _start at \(box.work)/source.c:2:21",
        ])
    }
  }

  @Test(arguments: releases) func whatCannotBeInstantiatedSaysWhy(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try Programs.copy("needs", "mistaken", "outside", to: box)
      let run: [Argument] = ["run", "--engine", Argument(try release.library())]
      let types = "types incompatible: expected type `(func)`, found type `(func (param i32 i32 i32 i32) (result i32))`"
      for (name, reason) in [
        ("needs", "unknown import: `env::now` has not been defined: it is given WASI preview 1 and nothing else"),
        (
          "mistaken",
          "incompatible import type for `wasi_snapshot_preview1::fd_write`: \(types): it is given WASI preview 1 and nothing else"
        ),
        ("outside", "out of bounds memory access"),
      ] {
        let result = try box.tool(run + ["\(name).wasm"]).run()
        #expect(result.ending == .exited(1) && result.output == "")
        #expect(result.errors.hasPrefix("\(name).wasm: error: cannot be instantiated: \(reason)"), "\(result.errors)")
        #expect(result.errorLines.count == 1)
      }
    }
  }

  // MARK: Wrong usage

  @Test func whatTheProgramCannotBeGivenIsRefusedBeforeItRuns() throws {
    try Sandbox.use { box in
      try Programs.copy("hello", to: box)
      try box.write("", to: "file")
      let notUTF8: [UInt8] = Array("x".utf8) + [0xff]
      for (arguments, complaint) in [
        (["--dir", "missing", "hello.wasm"], "--dir missing: cannot be opened: no such file or directory"),
        (["--dir", "file::/", "hello.wasm"], "--dir file: cannot be opened: not a directory"),
        (["--env", "UNSET", "hello.wasm"], "--env UNSET: is not set here; give its value: --env UNSET=VALUE"),
        (
          ["hello.wasm", "a", Argument(bytes: notUTF8)],
          "argument 2 of the program is not UTF-8, as WASI asks for: $'x\\xff'"
        ),
        (
          ["--env", Argument(bytes: Array("A=".utf8) + notUTF8), "hello.wasm"],
          "the value of --env A is not UTF-8, as WASI asks for: $'x\\xff'"
        ),
      ] as [([Argument], String)] {
        let run = try box.tool(["run"] + arguments).run()
        #expect(run.ending == .exited(64) && run.output == "")
        #expect(run.errors == "wasmprecompile: error: \(complaint)\n")
      }
      for (arguments, complaint) in [
        (["run"], "Error: Missing expected argument '<module>'"),
        (
          ["run", "--unheard-of", "hello.wasm"],
          "Error: Unknown option '--unheard-of'"
        ),
        (["run", "--dir", "::x", "hello.wasm"], "Error: The value '::x' is invalid for '--dir <host[::guest]>'"),
        (["run", "--env", "=x", "hello.wasm"], "Error: The value '=x' is invalid for '--env <name[=value]>'"),
      ] as [([Argument], String)] {
        let run = try box.tool(arguments).run()
        #expect(run.ending == .exited(64) && run.output == "")
        #expect(run.errorLines.first == complaint)
      }
      #expect(!FileManager.default.fileExists(atPath: box.cache))
    }
  }

  @Test func whatCannotBeRunIsRefusedWithTheReason() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.emptyComponent, to: "component.wasm")
      try box.write(WasmBinary.invalid, to: "invalid.wasm")
      try box.write("(module)", to: "text.wasm")
      try box.write("", to: "directory/file")
      for (name, complaint) in [
        (
          "component.wasm",
          "is not a program: it exports no wasi:cli/run@0.2.0#run; `wasmprecompile inspect` shows what it does export"
        ),
        ("text.wasm", "is WebAssembly text, not binary: convert it with `wat2wasm`"),
        ("directory", "is a directory: name one of its modules"),
        ("missing.wasm", "cannot open: no such file or directory, check the spelling"),
      ] {
        let run = try box.tool("run", "\(name)").run()
        #expect(run.ending == .exited(1) && run.output == "")
        #expect(run.errors == "\(name): error: \(complaint)\n")
      }
      let invalid = try box.tool("run", "invalid.wasm").run()
      #expect(invalid.ending == .exited(1))
      #expect(invalid.errors.hasPrefix("invalid.wasm: error: is not valid: ") && invalid.errorLines.count == 1)
    }
  }
}
