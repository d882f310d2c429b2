import Foundation
import TestSupport
import Testing

/// Any libwasmtime can be the engine, each keeps its artifacts to itself, and what it cannot do is said, not faked.
@Suite struct EngineTests {
  static let older = ["36.0.0", "48.0.0"].map { EngineRelease(version: $0) }

  @Test func eachReleaseHasItsOwnPartOfOneCacheAndLoadsFromIt() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1234), to: "answer.wasm")
      let releases = Self.older + [.standard]
      for release in releases {
        let run = try box.succeed("--engine", "\(release.library())", "--explain", "answer.wasm")
        let reason = release.version == "36.0.0" ? "new module" : "engine changed"
        #expect(
          run.errors.masked == """
            compiled answer.wasm with cranelift, SIZE → SIZE, TIME (\(reason))
            1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)

            """)
      }
      let directories = box.engines
      #expect(directories.count == 3)
      let versions = directories.map { $0.split(separator: "-").dropLast().joined(separator: "-") }
      #expect(versions == ["cranelift-36.0.0", "cranelift-48", "cranelift-50"])
      for directory in directories { #expect(box.entries(directory).count == 1) }

      for release in releases {
        let path = try box.succeed("path", "--engine", "\(release.library())", "answer.wasm").outputLines
        let answers = try PythonClient(release: release).load(path.map { .init(use: "value", path: $0) }, in: box)
        #expect(answers == ["1234"], "wasmtime \(release)")
      }
      let again = try box.succeed("--engine", "\(Self.older[0].library())", "answer.wasm")
      #expect(again.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
    }
  }

  @Test func winchIsRefusedWhereItWouldBeCraneliftInDisguise() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "answer.wasm")
      let engine = try Self.older[0].library()
      for backends in [["--backend", "winch"], ["--backend", "cranelift", "--backend", "winch"]] as [[Argument]] {
        let run = try box.tool(backends + ["--engine", "\(engine)", "answer.wasm"]).run()
        #expect(run.ending == .exited(69))
        #expect(run.output == "")
        #expect(
          run.errors == """
            wasmprecompile: error: the engine \(engine) has no backend winch: this release would silently compile with \
            cranelift instead; `wasmprecompile engines` shows what it has

            """)
      }
      #expect(box.engines == [])
      try box.succeed("--backend", "cranelift", "--engine", "\(engine)", "answer.wasm")
    }
  }

  @Test func enginesSaysWhatEachReleaseOffers() throws {
    try Sandbox.use { box in
      let native = "build BUILD, target \(EngineUnderTest.hostTriple), identity IDENTITY"
      let portable = "build BUILD, target pulley64-unknown-unknown-elf, identity IDENTITY"
      let noWinch = "winch      not available: this release would silently compile with cranelift instead"
      let expected = [
        "24.0.0": [
          "cranelift  available, wasmtime 24.0.0, \(native)", noWinch,
          "pulley     not available: this release aborts when asked for it: Support for this target has not "
            + "been implemented yet",
        ],
        "36.0.0": [
          "cranelift  available, wasmtime 36.0.0, \(native)", noWinch,
          "pulley     not available: compilation settings are not compatible with the native host: target "
            + "'pulley64-unknown-unknown-elf' specified in the configuration does not match the host",
        ],
        "48.0.0": [
          "cranelift  available, wasmtime 48, \(native)", "winch      available, wasmtime 48, \(native)",
          "pulley     available, wasmtime 48, \(portable)",
        ],
        "50.0.1": [
          "cranelift  available, wasmtime 50, \(native)", "winch      available, wasmtime 50, \(native)",
          "pulley     available, wasmtime 50, \(portable)",
        ],
      ]
      var identities: [Substring] = []
      for (version, lines) in expected.sorted(by: { $0.key < $1.key }) {
        let engine = try EngineRelease(version: version).library()
        let run = try box.succeed("engines", "--engine", "\(engine)")
        #expect(run.errors == "")
        let masked = run.output.ofLibwasmtime.replacing(#/build [0-9a-f]{12}/#, with: "build BUILD")
          .replacing(#/identity [0-9a-f]{16}/#, with: "identity IDENTITY")
        let sandbox = "sandbox    no files, network or signals (Landlock 7), few system calls (seccomp), 4Gi of memory"
        let text = masked.replacing(#/Landlock [6-9]/#, with: "Landlock 7")
        #expect(text == (["library    \(engine) (--engine)"] + lines + [sandbox]).joined(separator: "\n") + "\n")
        identities += run.output.matches(of: #/identity ([0-9a-f]{16})/#).map(\.output.1)
      }
      #expect(identities.count == 8)
      #expect(Set(identities).count == identities.count)
    }
  }

  @Test func theEngineIsFoundByOptionThenVariableThenBesideTheTool() throws {
    try Sandbox.use { box in
      let (option, variable) = (try Self.older[0].library(), try Self.older[1].library())
      var command = box.tool("engines")
      let installed = try command.run()
      #expect(installed.outputLines.first == "library    \(box.installedEngine) (installed beside wasmprecompile)")
      command.environment["WASMPRECOMPILE_ENGINE"] = variable
      let named = try command.run()
      #expect(named.outputLines.first == "library    \(variable) (WASMPRECOMPILE_ENGINE)")
      command.arguments += ["--engine", "\(option)"]
      let given = try command.run()
      #expect(given.outputLines.first == "library    \(option) (--engine)")
    }
  }

  @Test func aLibraryThatIsReplacedIsAnotherEngine() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "answer.wasm")
      func explain(_ release: EngineRelease) throws -> String? {
        try? box.remove("engine.so")
        try FileManager.default.copyItem(atPath: release.library(), toPath: box.work + "/engine.so")
        return try box.succeed("--engine", "engine.so", "--explain", "answer.wasm").errorLines.first?.masked
      }
      let compiled = "compiled answer.wasm with cranelift, SIZE → SIZE, TIME"
      #expect(try explain(Self.older[1]) == compiled + " (new module)")
      let replaced = try explain(.standard)
      #expect(replaced == compiled + " (engine changed)")
      #expect(try explain(Self.older[1]) == "up to date answer.wasm with cranelift")
    }
  }

  @Test func aComponentFailsAloneWhereTheEngineHasNoApiForIt() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.emptyComponent, to: "component.wasm")
      try box.write(WasmBinary.returning(5), to: "good.wasm")
      let run = try box.tool("--engine", "\(EngineRelease(version: "24.0.0").library())", "-j", "1", ".").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.sorted().map(\.masked) == [
          "./component.wasm: error: is a component, which wasmtime 24.0.0 cannot compile through its C API: use release 36 or "
            + "later with --engine",
          "2 modules: 1 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)",
          "compiled ./good.wasm with cranelift, SIZE → SIZE, TIME",
        ])
      let later = try box.succeed("--engine", "\(Self.older[0].library())", ".")
      #expect(later.errorLines.last?.masked == "2 modules: 2 compiled, 0 up to date (SIZE → SIZE in TIME)")
      let path = try box.succeed("path", "--engine", "\(Self.older[0].library())", "component.wasm").outputLines
      #expect(path.count == 1)
    }
  }

  // MARK: What is no engine

  static let systemEngines = [
    "/usr/local/lib", "/usr/local/lib/\(architecture)", "/usr/lib/\(architecture)", "/usr/lib64", "/usr/lib",
  ]
  .map { $0 + "/libwasmtime.so" }
  #if arch(x86_64)
    private static let architecture = "x86_64-linux-gnu"
  #elseif arch(arm64)
    private static let architecture = "aarch64-linux-gnu"
  #endif

  static let advice = """
    an engine is the libwasmtime.so that your runtime uses; name it with --engine, or get one from PyPI:
    pip download --no-deps wasmtime==50.0.1 && python3 -m zipfile -e wasmtime-50.0.1-*.whl engine, then --engine \
    engine/wasmtime/linux-*/_libwasmtime.so

    """

  @Test(
    .enabled(
      if: !systemEngines.contains { FileManager.default.fileExists(atPath: $0) },
      "this system has a libwasmtime.so of its own"))
  func noEngineAnywhere() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      try FileManager.default.createDirectory(atPath: box.work + "/bin", withIntermediateDirectories: false)
      let alone = box.work + "/bin/wasmprecompile"
      // Copied by another process: what other tests start meanwhile would inherit the file that is written, which could then
      // not be run.
      let copy = try box.command("sh", ["-c", #"ln "$0" "$1" || cp "$0" "$1""#, .init(box.executable), .init(alone)])
        .run()
      #expect(copy.ending == .exited(0), "\(copy.errors)")
      let places = Self.systemEngines.map { "  \($0) (system library)\n" }.joined()
      for arguments in [["good.wasm"], ["engines"], ["path", "good.wasm"]] as [[Argument]] {
        let run = try box.command(alone, arguments).run()
        #expect(run.ending == .exited(69))
        #expect(run.output.ofLibwasmtime == "")
        #expect(
          run.errors == """
            wasmprecompile: error: no engine found, looked for
              \(box.work)/lib/wasmprecompile/libwasmtime.so (installed beside wasmprecompile)
            \(places)\(Self.advice)
            """)
      }
      // The dynamic linker's own path is looked in, too.
      var command = box.command(alone, ["engines"])
      let folder = box.work + "/own"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      try box.link("own/libwasmtime.so", to: box.installedEngine)
      command.environment["LD_LIBRARY_PATH"] = folder
      let found = try command.run()
      #expect(found.outputLines.first == "library    \(folder)/libwasmtime.so (system library)")
    }
  }

  @Test func filesThatAreNoEngine() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      try box.write("not a library", to: "text.so")
      try box.write([UInt8](repeating: 0x41, count: 4096), to: "noise.so")
      try FileManager.default.createDirectory(atPath: box.work + "/directory.so", withIntermediateDirectories: false)
      try box.write("", to: "secret.so")
      chmod(box.work + "/secret.so", 0)
      let start = "wasmprecompile: error: the engine"
      let name = "name a libwasmtime.so with --engine"
      for (engine, message) in [
        ("text.so", "\(start) text.so cannot be loaded: file too short; \(name)\n"),
        ("noise.so", "\(start) noise.so cannot be loaded: invalid ELF header; \(name)\n"),
        ("directory.so", "\(start) directory.so (--engine) cannot be read: is a directory\n"),
        ("secret.so", "\(start) secret.so (--engine) cannot be read: permission denied\n"),
        ("absent.so", "wasmprecompile: error: no engine found, looked for\n  absent.so (--engine)\n\(Self.advice)"),
        (
          "good.wasm/x.so",
          "wasmprecompile: error: no engine found, looked for\n  good.wasm/x.so (--engine)\n\(Self.advice)"
        ),
        (
          "libm.so.6",
          "\(start) libm.so.6 is not a libwasmtime: it has no function wasm_config_new; name one with --engine\n"
        ),
      ] {
        if engine == "libm.so.6" { try box.link(engine, to: #require(Self.mathLibrary)) }
        for arguments in [["good.wasm"], ["engines"]] as [[Argument]] {
          let run = try box.tool(arguments + ["--engine", "\(engine)"]).withoutPrivileges.run()
          #expect(run.ending == .exited(69), "\(engine)")
          #expect(run.output.ofLibwasmtime == "", "\(engine)")
          #expect(run.errors == message)
        }
      }
    }
  }

  /// The C library's mathematics, which is surely there and no engine.
  private static let mathLibrary = ["/lib/\(architecture)", "/usr/lib64", "/lib64", "/usr/lib"]
    .map { $0 + "/libm.so.6" }.first { FileManager.default.fileExists(atPath: $0) }
}
