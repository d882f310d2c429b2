import Foundation
import TestSupport
import Testing

/// A cache on another machine, with a directory in the place of that machine.
@Suite struct RemoteTests {
  // MARK: Two machines

  @Test func theSecondMachineCompilesNothing() throws {
    try RemoteServer.use { box, server in
      let first = try server.succeed("--cache-dir", "here", ".")
      #expect(first.errors.masked.lines.last == "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(try server.artifacts().count == 3)

      let second = try server.succeed("--cache-dir", "there", ".")
      #expect(server.masked(second.errors) == "3 modules: 0 compiled, 3 fetched from SERVER, 0 up to date (TIME)\n")
      for name in RemoteServer.names {
        let paths = try ["here", "there"].map { cache in
          try box.succeed("path", "--cache-dir", .init(cache), .init("\(name).wasm")).outputLines[0]
        }
        #expect(FileManager.default.contents(atPath: paths[0]) == FileManager.default.contents(atPath: paths[1]))
      }
      #expect(try box.succeed("cache", "verify", "--cache-dir", "there").output.hasSuffix(": all good\n"))
      #expect(try box.succeed("run", "--cache-dir", "there", "--invoke", "value", "two.wasm").output == "1\n")

      // With nothing to do, no helper is started.
      let before = server.log
      let third = try server.succeed("--cache-dir", "there", ".")
      #expect(third.errors.masked == "3 modules: nothing to compile, all up to date (TIME)\n")
      #expect(server.log == before)

      let stats = try box.succeed("cache", "stats", "--cache-dir", "there").output
      #expect(stats.contains("\nremote       3 fetched, 0 stored\n"), "\(stats)")
      #expect(
        try box.succeed("cache", "stats", "--cache-dir", "here").output.contains("\nremote       0 fetched, 3 stored\n")
      )
    }
  }

  @Test func programsAreToldWhereArtifactsComeFrom() throws {
    try RemoteServer.use { box, server in
      let first = try MachineOutput(try server.succeed("--format", "json", "--cache-dir", "here", ".").output, in: box)
      #expect(first.of("prepared").first?["remote"] as? String == server.address)
      let made = try #require(first.objects.last)
      #expect(made["stored"] as? Int == 3 && made["fetched"] as? Int == 0 && made["compiled"] as? Int == 3)

      let second = try MachineOutput(
        try server.succeed("--format", "json", "--cache-dir", "there", ".").output, in: box)
      #expect(second.of("module").map { $0["status"] as? String } == ["fetched", "fetched", "fetched"])
      let fetched = try #require(second.objects.last)
      #expect(
        fetched["fetched"] as? Int == 3 && fetched["compiled"] as? Int == 0 && fetched["remote_errors"] as? Int == 0)

      let stats = try MachineOutput(
        try box.succeed("cache", "stats", "--format", "json", "--cache-dir", "there").output, in: box)
      #expect(stats.of("statistics").first?["fetched"] as? Int == 3)

      try server.fault("refuse")
      let third = try MachineOutput(try server.succeed("--format", "json", "--cache-dir", "else", ".").output, in: box)
      #expect(third.of("warning").count == 1 && third.objects.last?["remote_errors"] as? Int == 1)
      #expect(third.objects.last?["not_stored"] as? Int == 3)
    }
  }

  @Test func whoWantsToKnowIsToldEach() throws {
    try RemoteServer.use { box, server in
      try server.succeed("-q", "--cache-dir", "here", ".")
      let run = try server.succeed("-v", "-j", "1", "--cache-dir", "there", "one.wasm")
      let lines = server.masked(run.errors).lines
      #expect(lines.contains("remote SERVER"))
      #expect(lines.contains("fetched one.wasm with cranelift, SIZE → SIZE"))
    }
  }

  @Test func severalRunsAtOnceDoNoHarm() throws {
    try RemoteServer.use { box, server in
      let runs = try (0..<4).map { try server.command("-q", "--cache-dir", .init("cache\($0 % 2)"), ".").start() }
      for run in runs { #expect(run.wait().ending == .exited(0)) }
      #expect(try server.artifacts().count == 3)
      try box.succeed("cache", "verify", "--cache-dir", "cache0")
    }
  }

  // MARK: Commands

  @Test func aFrozenRunFetches() throws {
    try RemoteServer.use { box, server in
      try server.succeed("-q", "--cache-dir", "here", "one.wasm", "two.wasm")
      let whole = try server.succeed("--frozen", "--cache-dir", "there", "one.wasm")
      #expect(server.masked(whole.errors) == "1 module: 0 compiled, 1 fetched from SERVER, 0 up to date (TIME)\n")
      let run = try server.command("--frozen", "--cache-dir", "there", ".").run()
      #expect(run.ending == .exited(1))
      #expect(
        server.masked(run.errors).lines == [
          "./three.wasm: error: the cache has no artifact for cranelift: new module; --frozen compiles nothing",
          "3 modules: 1 missing, 1 fetched from SERVER, 1 up to date (TIME)",
        ])
      for option in ["--check", "--dry-run"] {
        let before = server.log
        _ = try server.command(.init(option), "--cache-dir", "else", ".").run()
        #expect(server.log == before, "\(option) does not ask")
      }
    }
  }

  @Test func pathAndRunFetch() throws {
    try RemoteServer.use { box, server in
      try server.succeed("-q", "--cache-dir", "here", ".")
      let path = try server.succeed("path", "--cache-dir", "there", "one.wasm").outputLines[0]
      #expect(FileManager.default.fileExists(atPath: path))
      #expect(try server.succeed("run", "--cache-dir", "other", "--invoke", "value", "three.wasm").output == "2\n")
      #expect(server.log.count { $0.hasPrefix("store ") } == 3)
    }
  }

  @Test func aWatcherFetchesBatchAfterBatch() throws {
    try RemoteServer.use { box, server in
      for number in 5..<8 { try box.write(WasmBinary.returning(number), to: "new\(number).wasm") }
      try server.succeed("-q", "--backend", "winch", "--cache-dir", "here", ".")
      // The helper ends when it has nothing to do, and the next batch starts another.
      try server.fault("idle")
      let environment = ["WASMPRECOMPILE_REMOTE": server.address, "WASMPRECOMPILE_REMOTE_HELPER": server.helper]
      let watch = try Watcher(in: box, modules: 0, environment: environment)
      for number in 5..<8 {
        try box.write(WasmBinary.returning(number), to: "tree/new\(number).wasm")
        watch.expect("fetched tree/new\(number).wasm with winch, SIZE → SIZE; ready TIME after it was written")
      }
      watch.stop()
    }
  }

  @Test func statusSaysWhatTheServerIs() throws {
    try RemoteServer.use { box, server in
      let status = try server.succeed("remote", "status")
      #expect(
        server.masked(status.output).lines == [
          "remote               SERVER", "server               a directory", "updates              allowed",
          "execution            offered", "artifacts made here  are stored there",
        ])
      let executing = try server.succeed("remote", "status", "--remote-execute")
      #expect(executing.outputLines.last == "missing modules      are compiled there")
      try server.fault("idle-workers")
      let idle = try server.succeed("remote", "status", "--remote-execute")
      #expect(idle.outputLines.last == "missing modules      are compiled here: the server executes nothing")
      let json = try MachineOutput(try server.succeed("remote", "status", "--format", "json").output, in: box)
      #expect(json.of("remote").first?["address"] as? String == server.address)
      #expect(
        (json.of("remote").first?["facts"] as? [[String: String]])?.first == ["name": "server", "value": "a directory"])

      try server.fault("refuse")
      let refused = try server.command("remote", "status").run()
      #expect(refused.ending == .exited(69))
      #expect(
        server.masked(refused.errors)
          == "wasmprecompile: error: remote SERVER: nobody answers there: is the server running?\n")
      let failure = try server.command("remote", "status", "--format", "json").run()
      let told = try MachineOutput(failure.output, last: "failure", in: box)
      #expect(told.objects.last?["exit_status"] as? Int == 69)
      let none = try box.tool("remote", "status").run()
      #expect(none.ending == .exited(64))
      #expect(
        none.errors
          == "wasmprecompile: error: no cache on another machine is named: name it with --remote, WASMPRECOMPILE_REMOTE or "
          + "`remote` in a file\n")
    }
  }

  @Test func theDrawingHasALaneForIt() throws {
    try RemoteServer.use { box, server in
      try server.succeed("-q", "--cache-dir", "here", ".")
      try server.succeed("-q", "--cache-dir", "there", "--timings", "page.html", "--trace", "trace.json", ".")
      let page = try String(contentsOfFile: box.work + "/page.html", encoding: .utf8)
      #expect(page.contains(">remote</text>") && page.contains("<b>3</b> fetched</li>"))
      #expect(try String(contentsOfFile: box.work + "/trace.json", encoding: .utf8).contains("\"remote, publishing\""))
    }
  }

  // MARK: What is refused

  @Test func poisonIsRefusedAndCompiledHere() throws {
    try RemoteServer.use { box, server in
      try server.succeed("-q", "--backend", "cranelift", "--backend", "winch", "--cache-dir", "here", "one.wasm")
      // Another identity's artifact, under the key of this one.
      let artifacts = try server.artifacts()
      let (cranelift, winch) = (artifacts[0], artifacts[1])
      #expect(cranelift.hasPrefix("cranelift-") && winch.hasPrefix("winch-"))
      let right = try #require(FileManager.default.contents(atPath: "\(server.path)/\(cranelift)"))
      _ = try Tool.shell("cp \"$1/$2\" \"$1/$3\"", [server.path, winch, cranelift])
      let run = try server.succeed("--cache-dir", "there", "--remote-upload", "off", "one.wasm")
      #expect(
        server.masked(run.errors).lines.first
          == "wasmprecompile: warning: remote SERVER: its artifact is of another engine: one.wasm is compiled instead")
      #expect(server.masked(run.errors).lines.last?.contains("1 compiled, 0 up to date, 1 error of SERVER (") == true)
      let path = try box.succeed("path", "--cache-dir", "there", "one.wasm").outputLines[0]
      #expect(FileManager.default.contents(atPath: path) == right)

      try server.fault("wrong-digest")
      let other = try server.succeed("--cache-dir", "else", "--remote-upload", "off", "one.wasm")
      #expect(
        server.masked(other.errors).lines.first?.hasPrefix("wasmprecompile: warning: remote SERVER: its artifact")
          == true)
      #expect(other.errors.contains("1 compiled"))
    }
  }
}
