import Foundation
import Glibc
import TestSupport
import Testing

/// The loaders for hosts in Python and C, as `make install` puts them into place.
@Suite struct InstalledLoaderTests {
  @Test func theInstalledLoaderForCIsFoundByPkgConfig() throws {
    try Sandbox.use { box in
      let prefix = try Installation.shared.get().path
      let files = FileManager.default
      for name in ["host.c", "Makefile"] {
        try files.copyItem(
          atPath: "\(EngineUnderTest.packageRoot)/Examples/c-host/\(name)", toPath: box.work + "/" + name)
      }
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      // It names the place that it was installed for, not the one where it is staged.
      let staged = try String(contentsOfFile: prefix + "/lib/pkgconfig/wasmprecompile.pc", encoding: .utf8)
      #expect(staged.hasPrefix("prefix=\(Installation.prefix)\n"))
      try box.write(
        staged.replacing("prefix=\(Installation.prefix)\n", with: "prefix=\(prefix)\n"), to: "wasmprecompile.pc")
      var make = box.command(
        "make", ["CC=\(try Examples.compiler.get())", "ENGINE=\(try EngineRelease.standard.library())"])
      make.environment["PKG_CONFIG_PATH"] = box.work
      let made = try make.run()
      #expect(made.ending == .exited(0) && made.errors == "", "\(made.errors)")
      try box.succeed("a.wasm")
      let run = try box.command("./host", ["a.wasm", "value"]).run()
      #expect(run.ending == .exited(0) && run.output == "5\n" && run.errors == "", "\(run.errors)")
    }
  }

  @Test func theInstalledLoaderForPythonIsAPackage() throws {
    try Sandbox.use { box in
      let prefix = try Installation.shared.get().path
      let place = try #require(
        try Installation.files(in: try Installation.shared.get().root).first {
          $0.hasSuffix("/wasmprecompile/__init__.py")
        })
      try box.write(WasmBinary.returning(5), to: "a.wasm")
      try box.succeed("a.wasm")
      let script = """
        import wasmtime, wasmprecompile
        outcomes = []
        engine = wasmtime.Engine()
        module = wasmprecompile.load(engine, "a.wasm")
        cache = wasmprecompile.Cache(engine, report=outcomes.append)
        cache.load("a.wasm")
        print(wasmprecompile.__file__, cache.hits, cache.misses, outcomes[0].from_cache, cache.path("a.wasm") == outcomes[0].path)
        """
      var python = HostLoader.standard[0].python(["-c", Argument(script)], in: box)
      let packages = "\(prefix)/\(place.dropLast("/wasmprecompile/__init__.py".count))"
      python.environment["PYTHONPATH"]? += ":" + packages
      let run = try python.run()
      #expect(run.output == "\(prefix)/\(place) 1 0 True True\n", "\(run.errors)")
    }
  }

  /// Where Debian's Python looks, for the prefixes that it knows.
  @Test func pythonLooksWhereThePackageIsInstalled() throws {
    guard FileManager.default.fileExists(atPath: "/usr/bin/python3") else { return }
    try Sandbox.use { box in
      let searched = try box.command("/usr/bin/python3", ["-c", "import sys; print(*sys.path, sep='\\n')"]).run()
      for prefix in ["/usr/local", "/usr"] {
        var make = box.command(
          "make", ["-s", "--eval=show: ; @echo $(PREFIX)/$(PYTHON_PLACE)", "PREFIX=\(prefix)", "show"])
        make.directory = "\(EngineUnderTest.packageRoot)"
        let place = try #require(try make.run().outputLines.last)
        #expect(searched.outputLines.contains(place), "\(place)")
      }
    }
  }

  @Test func thePythonPackageHasTheToolsVersion() throws {
    try Sandbox.use { box in
      let text = try String(contentsOfFile: HostLoader.sources + "/python/pyproject.toml", encoding: .utf8)
      let version = try box.succeed("--version").output.split(whereSeparator: \.isWhitespace)
      #expect(version.contains { text.contains("version = \"\($0)\"\n") }, "\(version)")
    }
  }
}
