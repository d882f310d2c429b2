import Foundation
import TestSupport
import Testing

/// What is installed for other tools, and the examples that show it, with the real tools.
@Suite struct IntegrationTests {
  /// Copies a directory of Examples/ into the sandbox's working directory.
  private func copyExample(_ name: String, to box: Sandbox) throws {
    let copy = box.command("cp", ["-R", "\(EngineUnderTest.packageRoot)/Examples/\(name)", "."])
    try #require(try copy.run().ending == .exited(0))
  }

  // MARK: Installing

  @Test func installPutsEverythingInItsPlace() throws {
    let installation = try Installation.shared.get()
    #expect(
      try Installation.files(in: installation.root).map {
        // Where Python looks is its own affair.
        $0.replacing(#/python3(\.\d+)?\/(dist|site)-packages/#, with: "PYTHON")
      } == [
        "bin/wasmprecompile", "include/wasmprecompile.h", "lib/libwasmprecompile.a", "lib/pkgconfig/wasmprecompile.pc",
        "lib/PYTHON/wasmprecompile/__init__.py", "lib/systemd/user/wasmprecompile@.service",
        "lib/wasmprecompile/libmimalloc.so", "lib/wasmprecompile/libwasmtime.so",
        "share/bash-completion/completions/wasmprecompile",
        "share/cmake/wasmprecompile/wasmprecompile-config-version.cmake",
        "share/cmake/wasmprecompile/wasmprecompile-config.cmake",
        "share/fish/vendor_completions.d/wasmprecompile.fish",
      ] + ManualPage.all().map(\.place) + [
        "share/wasmprecompile/output.schema.json", "share/zsh/site-functions/_wasmprecompile",
      ])
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.command(installation.executable, ["-v", "a.wasm"]).run()
      #expect(run.ending == .exited(0))
      #expect(run.errors.contains(", \(installation.path)/lib/wasmprecompile/libwasmtime.so\n"))
    }
  }

  @Test func uninstallRemovesIt() throws {
    try Sandbox.use { box in
      let root = box.path + "/root"
      #expect(try Installation.make("install", root: root).run().ending == .exited(0))
      try FileManager.default.createDirectory(
        atPath: root + Installation.prefix + "/share/other", withIntermediateDirectories: true)
      // What Python makes of a package that was imported.
      let package = try #require(
        try FileManager.default.subpathsOfDirectory(atPath: root + Installation.prefix).first {
          $0.hasSuffix("-packages/wasmprecompile")
        })
      try FileManager.default.createDirectory(
        atPath: root + Installation.prefix + "/\(package)/__pycache__", withIntermediateDirectories: true)
      let run = try Installation.make("uninstall", root: root).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(try Installation.files(in: root) == [])
      let left = try FileManager.default.subpathsOfDirectory(atPath: root + Installation.prefix)
      #expect(left.contains("share/other") && !left.contains { $0.hasSuffix("wasmprecompile") }, "\(left)")
    }
  }

  // MARK: CMake

  @Test(arguments: BuildTool.allCases)
  func cmakeFindsThePackageAndRebuildsWhatChanged(_ tool: BuildTool) throws {
    try Sandbox.use { box in
      try copyExample("cmake", to: box)
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "build/mod \(number).wasm") }
      let generator: Argument = tool == .make ? "Unix Makefiles" : "Ninja"
      let prefix = try Installation.shared.get().path
      let program = tool == .make ? "/usr/bin/make" : try tool.program()
      let configured = try box.command(
        "cmake",
        [
          "-G", generator, "-DCMAKE_MAKE_PROGRAM=\(program)", "-DCMAKE_PREFIX_PATH=\(prefix)", "-S", "cmake", "-B", "b",
        ]
      ).run()
      #expect(configured.ending == .exited(0), "\(configured.errors)")
      #expect(configured.errors == "", "no warnings")
      // By what is said, which CMake's Makefiles would have every tool keep to itself.
      func build(looks: Bool = true) throws -> (compiled: Int, isPacked: Bool) {
        let packed = box.modified("b/artifacts.tar")
        let entries = box.engines.flatMap(box.entries).count
        let run = try box.command("cmake", ["--build", "b"]).run()
        #expect(run.ending == .exited(0), "\(run.output)\(run.errors)")
        let compiled = box.engines.flatMap(box.entries).count - entries
        let said = (run.output + run.errors).lines
        #expect(said.count { $0.hasPrefix("compiled ") } == compiled, "\(said)")
        #expect(said.contains { $0.contains(#/^\d modules?: /#) } == looks, "\(said)")
        return (compiled, box.modified("b/artifacts.tar") != packed)
      }
      #expect(try build() == (2, true))
      #expect(FileManager.default.fileExists(atPath: box.work + "/b/artifacts/mod 1.cwasm"))
      #expect(try build(looks: false) == (0, false), "nothing changed")
      try box.waitUntilNewer(than: "b/artifacts.tar")
      try box.write(WasmBinary.returning(1), to: "build/mod 1.wasm")
      #expect(try build() == (0, false), "touched")
      #expect(try build(looks: false) == (0, false), "looked at once")
      try box.write(WasmBinary.returning(3), to: "build/mod 1.wasm")
      #expect(try build() == (1, true), "changed")
      try box.waitUntilNewer(than: "b/artifacts.tar")
      try box.write(WasmBinary.returning(4), to: "build/added.wasm")
      #expect(try build() == (1, true), "added")
      try box.waitUntilNewer(than: "b/artifacts.tar")
      try box.remove("build/added.wasm")
      #expect(try build() == (0, true), "deleted")
      #expect(!FileManager.default.fileExists(atPath: box.work + "/b/artifacts/added.cwasm"))
      #expect(try build(looks: false) == (0, false))
    }
  }

  @Test func cmakePassesOptionsAndSaysWhatIsWrong() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      func configure(_ call: String) throws -> CommandResult {
        try box.write(
          """
          cmake_minimum_required(VERSION 3.20)
          project(test LANGUAGES NONE)
          find_package(wasmprecompile 0.1 REQUIRED)
          \(call)

          """, to: "CMakeLists.txt")
        let prefix = try Installation.shared.get().path
        return try box.command("cmake", ["-DCMAKE_PREFIX_PATH=\(prefix)", "-B", "b"]).run()
      }
      let call = """
        add_wasm_precompile(modules SOURCES a.wasm OUTPUT out BACKENDS winch pulley OPTIONS --cpu baseline
          ENGINE \(box.installedEngine))
        """
      #expect(try configure(call).ending == .exited(0))
      let run = try box.command("cmake", ["--build", "b", "--target", "modules"]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(box.engines.map { $0.prefix(6) } == ["pulley", "winch-"])
      let stamp = try String(contentsOfFile: box.work + "/b/CMakeFiles/modules.stamp", encoding: .utf8)
      #expect(stamp.lines.count == 3)
      let artifacts = ["winch", "pulley"].map {
        PythonClient.Artifact(backend: $0, use: "value", path: "\(box.work)/b/out/\($0)/a.cwasm")
      }
      #expect(try PythonClient(release: .standard).load(artifacts, in: box) == ["5", "5"])

      let nothing = try configure("add_wasm_precompile(modules OUTPUT out)")
      #expect(nothing.ending == .exited(1))
      #expect(nothing.errors.contains("add_wasm_precompile(modules): SOURCES names no module and no directory"))
      let unknown = try configure("add_wasm_precompile(modules EVERYTHING SOURCES a.wasm)")
      #expect(unknown.ending == .exited(1))
      #expect(unknown.errors.contains("add_wasm_precompile(modules): unknown arguments: EVERYTHING"))
    }
  }

  /// Its pool for what has the terminal passes on at once what is said; all else ninja keeps back until it is done.
  @Test func underCMakeNinjaGivesTheToolTheTerminal() throws {
    try Sandbox.use { box in
      try copyExample("cmake", to: box)
      try box.write(WasmBinary.returning(1), to: "build/1.wasm")
      let prefix = try Installation.shared.get().path
      let program = try BuildTool.ninja.program()
      let configured = try box.command(
        "cmake",
        ["-G", "Ninja", "-DCMAKE_MAKE_PROGRAM=\(program)", "-DCMAKE_PREFIX_PATH=\(prefix)", "-S", "cmake", "-B", "b"]
      ).run()
      #expect(configured.ending == .exited(0), "\(configured.errors)")
      let rules = try String(contentsOfFile: box.work + "/b/build.ninja", encoding: .utf8)
      #expect(rules.contains("  pool = console\n"), "\(rules)")
    }
  }

  // MARK: make

  @Test func theMakefileBuildsWhatChanged() throws {
    try Sandbox.use { box in
      try copyExample("make", to: box)
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "build/\(number).wasm") }
      func build() throws -> [String] {
        let run = try box.command("make", ["-C", "make", "--no-print-directory"]).findingInstalledTool().run()
        #expect(run.ending == .exited(0), "\(run.output)\(run.errors)")
        return run.outputLines.map { String($0.prefix { $0 != " " }) }
      }
      let nothing = ["make:"]
      #expect(try build() == ["wasmprecompile", "tar"])
      #expect(try build() == nothing)
      try box.waitUntilNewer(than: "make/artifacts.done")
      try box.write(WasmBinary.returning(1), to: "build/1.wasm")
      #expect(try build() == ["wasmprecompile"], "touched: looked at once, and nothing is packed")
      #expect(try build() == nothing)
      #expect(try build() == nothing)
      try box.waitUntilNewer(than: "make/artifacts.done")
      try box.write(WasmBinary.returning(3), to: "build/2.wasm")
      #expect(try build() == ["wasmprecompile", "tar"])
      #expect(try build() == nothing)
      try box.waitUntilNewer(than: "make/artifacts.done")
      try box.write(WasmBinary.returning(4), to: "build/sub/new.wasm")
      #expect(try build() == ["wasmprecompile", "tar"], "added")
      #expect(try build() == nothing)
      try box.waitUntilNewer(than: "make/artifacts.done")
      try box.remove("build/sub")
      #expect(try build() == ["wasmprecompile", "tar"], "deleted")
      #expect(try build() == nothing)
    }
  }

  // MARK: ninja

  @Test func theNinjaFileBuildsWhatChanged() throws {
    try Sandbox.use { box in
      try copyExample("ninja", to: box)
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "build/\(number).wasm") }
      func build() throws -> [String] {
        let run = try box.command(BuildTool.ninja.program(), ["-C", "ninja"]).findingInstalledTool().run()
        #expect(run.ending == .exited(0), "\(run.output)\(run.errors)")
        // Whoever has the terminal says it there.
        return (run.errorLines + run.outputLines).filter { !$0.hasPrefix("ninja: Entering") }.map(\.masked)
      }
      #expect(try build().last?.hasSuffix("pack artifacts.tar") == true)
      #expect(try build() == ["ninja: no work to do."])
      try box.waitUntilNewer(than: "ninja/artifacts.tar")
      try box.write(WasmBinary.returning(3), to: "build/2.wasm")
      #expect(try build().contains("compiled ../build/2.wasm with cranelift, SIZE → SIZE, TIME"))
      #expect(try build() == ["ninja: no work to do."])
      let packed = try box.command("tar", ["tf", "ninja/artifacts.tar"]).run().outputLines.filter {
        $0.hasSuffix(".cwasm")
      }
      #expect(packed.sorted() == ["artifacts/1.cwasm", "artifacts/2.cwasm"])
    }
  }

  // MARK: SwiftPM

  @Test func thePluginMakesArtifactsResources() throws {
    try Sandbox.use { box in
      try copyExample("swiftpm", to: box)
      let manifest = box.work + "/swiftpm/Package.swift"
      let text = try String(contentsOfFile: manifest, encoding: .utf8)
      try text.replacing(#"path: "../..""#, with: "path: \"\(EngineUnderTest.packageRoot)\"")
        .write(toFile: manifest, atomically: true, encoding: .utf8)
      try box.write(WasmBinary.returning(1), to: "swiftpm/Sources/Host/one.wasm")
      try box.write(WasmBinary.returning(2), to: "swiftpm/Sources/Host/t w o.wasm")
      func swift(_ arguments: Argument...) throws -> CommandResult {
        var command = try box.command("swift", arguments + ["--package-path", "swiftpm"]).findingInstalledTool()
        // Where SwiftPM keeps the dependencies that it has fetched.
        command.environment["HOME"] = ProcessInfo.processInfo.environment["HOME"]
        command.deadline = 600
        return try command.run()
      }
      let run = try swift("run")
      #expect(run.ending == .exited(0), "\(run.output)\(run.errors)")
      #expect(!(run.output + run.errors).contains("warning: "), "\(run.output)\(run.errors)")
      let artifacts = run.outputLines.filter { $0.hasSuffix(".cwasm") }.sorted()
      #expect(artifacts.map { URL(filePath: $0).lastPathComponent } == ["one.cwasm", "t w o.cwasm"])
      let client = PythonClient(release: .standard)
      #expect(try client.load(artifacts.map { .init(use: "value", path: $0) }, in: box) == ["1", "2"])

      try box.write(WasmBinary.returning(3), to: "swiftpm/Sources/Host/one.wasm")
      let again = try swift("build", "-v")
      #expect(again.ending == .exited(0), "\(again.output)\(again.errors)")
      let commands = (again.outputLines + again.errorLines).filter { $0.contains(" --quiet --backend cranelift ") }
      #expect(commands.count == 1 && commands.first?.hasSuffix("/one.wasm") == true, "only what changed")
      #expect(try client.load(artifacts.map { .init(use: "value", path: $0) }, in: box) == ["3", "2"])
    }
  }

  // MARK: systemd

  @Test func theServiceIsOneThatSystemdTakes() throws {
    try Sandbox.use { box in
      let unit = try Installation.shared.get().path + "/lib/systemd/user/wasmprecompile@.service"
      let text = try String(contentsOfFile: unit, encoding: .utf8)
      // The unit names the place that it was installed for, not the one where it is staged.
      let line = try #require(text.lines.first { $0.hasPrefix("ExecStart=") })
      #expect(line == #"ExecStart="\#(Installation.prefix)/bin/wasmprecompile" --watch %f"#)
      let executable = try Installation.shared.get().executable
      let staged = text.replacing("\"\(Installation.prefix)/bin/wasmprecompile\"", with: "\"\(executable)\"")
      try box.write(staged, to: "wasmprecompile@home-me-a.service")
      var verify = box.command(
        "systemd-analyze", ["--user", "--man=no", "verify", "./wasmprecompile@home-me-a.service"])
      // Short, because the units that other packages have installed put sockets there.
      verify.environment["XDG_RUNTIME_DIR"] = "/tmp"
      let verified = try verify.run()
      #expect(verified.ending == .exited(0), "\(verified.errors)")
      #expect(!verified.errors.contains("wasmprecompile@home-me-a"), "\(verified.errors)")

      // As systemd would start it: with a socket to tell it that it is ready, and stopped by SIGTERM.
      try box.write(WasmBinary.returning(1), to: "modules/a.wasm")
      try box.write(Self.manager, to: "manager.py")
      let run = try box.command(
        "python3", ["manager.py", Argument(executable), "--watch", Argument(box.work + "/modules")]
      )
      .run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.outputLines.contains("READY=1"), "\(run.output)")
      #expect(run.outputLines.contains("STOPPING=1") && run.outputLines.last == "ended by SIGTERM", "\(run.output)")
      #expect(box.engines.flatMap(box.entries).count == 1)
    }
  }

  /// Does for a service what systemd does: gives it a socket, and stops it when it is ready.
  private static let manager = """
    import os, signal, socket, subprocess, sys

    path = os.path.abspath("notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(100)
    service = subprocess.Popen(sys.argv[1:], env=dict(os.environ, NOTIFY_SOCKET=path))
    said = []
    while "STOPPING=1" not in said:
        for line in manager.recv(4096).decode().splitlines():
            said.append(line)
            print(line)
            if line == "READY=1": service.terminate()
    print("ended by", signal.Signals(-service.wait(timeout=100)).name)

    """

  // MARK: pre-commit

  @Test func theHookRefusesModulesThatTheEngineRefuses() throws {
    try Sandbox.use { box in
      try copyExample("pre-commit", to: box)
      try box.rename("pre-commit", to: Array("repository".utf8))
      func run(_ program: String, _ arguments: Argument...) throws -> CommandResult {
        var command = try box.command(program, arguments).findingInstalledTool()
        command.directory = box.work + "/repository"
        command.environment["PRE_COMMIT_HOME"] = box.path + "/pre-commit"
        for name in ["AUTHOR", "COMMITTER"] {
          command.environment["GIT_\(name)_NAME"] = "Somebody"
          command.environment["GIT_\(name)_EMAIL"] = "somebody@example.org"
        }
        return try command.run()
      }
      #expect(try run("git", "init", "-q").ending == .exited(0))
      let installed = try run("pre-commit", "install")
      #expect(installed.ending == .exited(0), "\(installed.errors)")
      try box.write(WasmBinary.returning(1), to: "repository/two words.wasm")
      #expect(try run("git", "add", "-A").ending == .exited(0))
      let good = try run("git", "commit", "-m", "Add a module")
      #expect(good.ending == .exited(0), "\(good.output)\(good.errors)")
      #expect(box.engines.flatMap(box.entries).count == 1)

      try box.write(WasmBinary.invalid, to: "repository/bad.wasm")
      #expect(try run("git", "add", "-A").ending == .exited(0))
      let bad = try run("git", "commit", "-m", "Add another")
      #expect(bad.ending == .exited(1))
      #expect((bad.output + bad.errors).contains("bad.wasm: error: is not valid: "))
      #expect(try run("git", "log", "--format=%s").output == "Add a module\n")
    }
  }
}
