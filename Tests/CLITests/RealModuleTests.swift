import Foundation
import TestSupport
import Testing

/// Modules of others, compiled by compilers of others: all artifacts are loaded by what is made to load them, and some give answers.
@Suite struct RealModuleTests {
  /// Runs the tool on all modules, and gives what it says of those that fail, and last, what it did.
  private func compile(
    _ arguments: [Argument], fails: Bool = false, in box: Sandbox, _ location: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let run = try box.toolFindingWasmtime(arguments + ["build"]).run(location)
    #expect(run.ending == .exited(fails ? 1 : 0), "\(run.errors)", sourceLocation: location)
    return run.errorLines.filter { !$0.hasPrefix("compiled ") }.map(\.masked)
  }

  /// The artifacts, by the modules' names.
  private func artifacts(_ arguments: [Argument], of names: [String], in box: Sandbox) throws -> [String: String] {
    let modules = names.map { Argument("build/\($0).wasm") }
    let run = try box.toolFindingWasmtime(["path"] + arguments + modules).run()
    #expect(run.ending == .exited(0), "\(run.errors)")
    let pairs = run.outputLines.compactMap { line -> (String, String)? in
      let words = line.split(separator: "  ", maxSplits: 1)
      guard words.count == 2 else { return nil }
      return (String(words[1].dropFirst("build/".count).dropLast(".wasm".count)), String(words[0]))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  private func upToDate(_ count: Int) -> [String] {
    ["\(count) modules: nothing to compile, all up to date (TIME)"]
  }

  // MARK: Two architectures

  struct Settings: CustomTestStringConvertible, Sendable {
    let modules: [String]
    /// For the tool, and for the command that loads what it made.
    let made: [Argument]
    let loaded: [Argument]
    /// How the command refuses it without them.
    let refusal: String?
    var testDescription: String { made.map(\.text).joined(separator: " ") }
  }

  @Test(
    .needs(RealCompilers.isForeignThere, "qemu-user-static on x86-64"),
    arguments: [
      Settings(modules: RealModules.plain, made: [], loaded: [], refusal: nil),
      Settings(
        modules: RealModules.ballistics + ["terminal", "wasi-1", "wasi-2", "wasi-3"],
        made: ["-W", "epoch-interruption,fuel=1", "-O", "memory-reservation=0,memory-guard-size=65536"],
        loaded: [
          "-W", "epoch-interruption,timeout=60s,fuel=100000000", "-O", "memory-reservation=0,memory-guard-size=65536",
        ], refusal: "Module was compiled with "),
    ])
  func oneMachineCompilesForTwoArchitectures(_ settings: Settings) throws {
    try Sandbox.use { box in
      let names = settings.modules + [RealModules.micropython]
      let count = names.count
      try box.writeRealModules(names)
      let arm = "aarch64-unknown-linux-gnu" as Argument
      let intel = "x86_64-unknown-linux-gnu" as Argument
      let backend = ["--backend", "wasmtime-cli"] + settings.made
      let both = backend + ["--target", arm, "--target", intel]
      #expect(
        try compile(both, in: box) == [
          "\(count) modules with 2 targets: \(2 * count) compiled, 0 up to date (SIZE → SIZE in TIME)"
        ])
      #expect(
        try compile(both, in: box) == ["\(count) modules with 2 targets: nothing to compile, all up to date (TIME)"])

      func load(_ program: [String], _ artifact: String?, _ options: [Argument], script: String = "pass") throws
        -> CommandResult
      {
        let words = program.dropFirst().map { Argument($0) }
        let path = Argument(try #require(artifact))
        var command = box.command(
          program[0],
          words + ["run", "--allow-precompiled", "-W", "unknown-imports-default=y"] + options
            + [path, "-c", Argument(script)])
        command.environment["RUST_BACKTRACE"] = "0"
        return try command.run()
      }
      let here = [RealCompilers.wasmtime + "/wasmtime"]
      for (program, target) in [(RealCompilers.foreignWasmtime, arm), (here, intel)] {
        let made = try artifacts(backend + ["--target", target], of: names, in: box)
        #expect(made.count == count)
        for name in settings.modules {
          let run = try load(program, made[name], settings.loaded)
          #expect(run.ending == .exited(0), "\(name): \(run.errors)")
        }
        let answer = try load(program, made[RealModules.micropython], settings.loaded, script: "print(3**99 % 10**20)")
        #expect(answer.output == "88540424234035840667\n", "\(answer.errors)")
        if let refusal = settings.refusal {
          let refused = try load(program, made["wasi-2"], [])
          #expect(refused.ending == .exited(1) && refused.errors.contains(refusal), "\(refused.errors)")
        }
        if target.text == arm.text {
          let swapped = try load(here, made["wasi-2"], settings.loaded)
          #expect(swapped.errors.contains("Module was compiled for architecture 'aarch64'"), "\(swapped.errors)")
        }
      }
    }
  }

  // MARK: Wasmer

  @Test(
    .needs(RealCompilers.isWasmerThere, "wasmer for x86-64: run `make setup-tests`"),
    arguments: [
      ("singlepass", RealModules.plain), ("cranelift", RealModules.plain),
      ("llvm", RealModules.small.filter { $0 != "events" }),
    ])
  func wasmerLoadsWhatItsCompilersMade(_ compiler: String, _ names: [String]) throws {
    try Sandbox.use { box in
      try box.configure(RealCompilers.wasmer(compiler))
      try box.writeRealModules(names + [RealModules.micropython])
      let backend: [Argument] = ["--backend", "wasmer-1-\(compiler)"]
      let refusal =
        "build/micropython.wasm: error: was not compiled: python3 exited with status 1: error: Validation error: invalid "
        + "function type (at offset 4)"
      let total = names.count + 1
      #expect(
        try compile(backend, fails: true, in: box) == [
          refusal, "\(total) modules: \(names.count) compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)",
        ])
      #expect(
        try compile(backend, fails: true, in: box) == [
          refusal, "\(total) modules: 0 compiled, \(names.count) up to date, 1 failed (TIME)",
        ])

      let made = try artifacts(backend, of: names, in: box)
      func wasmer(_ command: String, _ words: [String]) throws -> CommandResult {
        let all = ["-I", "-B", RealCompilers.wasmerProgram, RealCompilers.tools, command] + words
        return try box.command("/usr/bin/python3", all.map { Argument($0) }).run()
      }
      let loaded = try wasmer("--load", made.values.sorted())
      #expect(loaded.output == "\(names.count)\n", "\(loaded.errors)")
      for (name, function, answer) in [
        ("ballistics-8", ["tbw_sizeof_real"], "8\n"), ("ballistics-4", ["tbw_sizeof_real"], "4\n"),
        ("ballistics-8", ["tbw_bench_thr_dp", "1000"], "8036.24000160009\n"),
      ] {
        let run = try wasmer("--call", [try #require(made[name])] + function)
        #expect(run.output == answer, "\(run.errors)")
      }
    }
  }

  /// LLVM takes minutes for it.
  @Test(.needs(RealCompilers.isWasmerThere, "wasmer for x86-64: run `make setup-tests`"))
  func oneThatLLVMDoesNotFinishEndsAtTheDeadline() throws {
    try Sandbox.use { box in
      try box.configure(RealCompilers.wasmer("llvm"))
      try box.writeRealModules(["wasi-2"])
      try box.write(WasmBinary.bomb(depth: 200), to: "build/bomb.wasm")
      let expected = [
        "build/bomb.wasm: error: was not compiled within TIME: raise --timeout",
        "2 modules: 1 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)",
      ]
      #expect(
        try compile(["--backend", "wasmer-1-llvm", "--timeout", "1.5"], fails: true, in: box) == expected)
      #expect(box.temporaryFiles == [])
    }
  }

  // MARK: wasm2c

  @Test(arguments: ["wasm2c", "wasm2c-new"]) func wasm2csSharedLibrariesAreLoaded(_ backend: String) throws {
    try Sandbox.use { box in
      let isOld = backend == "wasm2c"
      // Not optimized, which takes the C compiler a third of the time.
      try box.configure(
        RealCompilers.newerWasm2C.replacing("-O1", with: "-O0")
          .replacing("cc = \"cc\"", with: "cc = \"\(try Examples.toolchain())/clang\""))
      let names = RealModules.small.filter { !$0.hasPrefix("codec") }
      let refused = isOld ? RealModules.micropython : RealModules.component
      try box.writeRealModules(names + [refused])
      let arguments = ["--backend", Argument(backend)] + (isOld ? ["--opt-level", "none"] : [])
      let words =
        isOld
        ? "invalid section code: 13" : "error: wasm components are not yet supported in this tool"
      let first = try compile(arguments, fails: true, in: box)
      #expect(first.count == 2 && first[0].hasPrefix("build/\(refused).wasm: error: was not compiled: "), "\(first)")
      #expect(first[0].hasSuffix(words), "\(first)")
      #expect(
        first.last == "8 modules: 7 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)")
      try box.remove("build/\(refused).wasm")
      #expect(try compile(arguments, in: box) == upToDate(names.count))

      // What imports functions is only loaded: they are looked for where they are called. The old release looks at once for those
      // that a module imports to put them into a table. Names are those of the release.
      let script = """
        import ctypes, os, sys
        def load(path): return ctypes.CDLL(path, mode=os.RTLD_LAZY)
        print(len([load(path) for path in sys.argv[1:]]))
        for path in sys.argv[1:3]:
          library = load(path)
          library.wasm_rt_init()
          if hasattr(library, "Z_module_init_module"):
            library.Z_module_init_module()
            instantiate, prefix = library.Z_module_instantiate, "Z_moduleZ_"
          else:
            instantiate, prefix = library.wasm2c_module_instantiate, "w2c_module_"
          module = ctypes.create_string_buffer(1 << 16)
          instantiate(module)
          work = library[prefix + "tbw_bench_thr_dp"]
          work.argtypes, work.restype = [ctypes.c_void_p, ctypes.c_uint32], ctypes.c_double
          print(library[prefix + "tbw_sizeof_real"](module), round(work(module, 1000), 6))
        """
      let made = try artifacts(arguments, of: names, in: box)
      let loadable = isOld ? names.filter { $0 != "wasi-3" } : names
      let paths = try loadable.map { Argument(try #require(made[$0])) }
      let run = try box.command("/usr/bin/python3", ["-c", Argument(script)] + paths).run()
      #expect(run.output == "\(loadable.count)\n8 8036.240002\n4 8036.240002\n", "\(run.errors)")
    }
  }
}
