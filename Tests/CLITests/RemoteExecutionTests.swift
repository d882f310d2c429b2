import Foundation
import TestSupport
import Testing

/// Modules that another machine's workers compile, with a directory in the place of that machine.
@Suite struct RemoteExecutionTests {
  private static let options: [Argument] = ["--remote-execute", "--remote-local-lanes", "0"]

  private func command(_ server: RemoteServer, _ arguments: Argument...) -> Command {
    server.command(Self.options + arguments)
  }

  private func artifact(_ box: Sandbox, _ cache: String, _ module: String, _ options: [Argument] = []) throws -> Data? {
    let path = try box.tool(["path", "--cache-dir", Argument(cache)] + options + [Argument(module)]).run()
    #expect(path.ending == .exited(0), "\(path.errors)")
    return FileManager.default.contents(atPath: path.outputLines.first ?? "")
  }

  // MARK: What workers make

  @Test func workersCompileWhatIsMissing() throws {
    try RemoteServer.use { box, server in
      let run = try command(server, "--cache-dir", "there", ".").run()
      #expect(run.ending == .exited(0))
      #expect(
        server.masked(run.errors).lines.last
          == "3 modules: 0 compiled, 3 compiled on SERVER, 0 up to date (SIZE → SIZE in TIME)")
      #expect(server.log.count { $0.hasPrefix("execute --backend=cranelift ") } == 3)
      // What a worker needs is given once: the program, the loader, libraries, the engine.
      #expect(Set(server.log.filter { $0.hasPrefix("give ") }).count >= 5)
      try box.succeed("-q", "--cache-dir", "here", ".")
      for name in RemoteServer.names {
        let (there, here) = (try artifact(box, "there", "\(name).wasm"), try artifact(box, "here", "\(name).wasm"))
        #expect(there != nil && there == here)
      }
      #expect(try box.succeed("cache", "verify", "--cache-dir", "there").output.hasSuffix(": all good\n"))
      #expect(try box.succeed("run", "--cache-dir", "there", "--invoke", "value", "two.wasm").output == "1\n")
      #expect(
        try box.succeed("cache", "stats", "--cache-dir", "there").output
          .contains("\nremote       0 fetched, 3 stored, 3 compiled\n"))

      // It is filed where every machine looks.
      let second = try server.succeed("--cache-dir", "else", ".")
      #expect(server.masked(second.errors) == "3 modules: 0 compiled, 3 fetched from SERVER, 0 up to date (TIME)\n")
    }
  }

  @Test(
    arguments: [
      ["--backend", "winch"], ["--backend", "pulley"], ["--cpu", "x86-64-v2"], ["--features", "all"],
      ["-W", "epoch-interruption", "-W", "fuel=1", "-O", "opt-level=0", "-D", "address-map=n"],
    ] as [[String]])
  func artifactsAreThoseThatAreMadeHere(_ options: [String]) throws {
    #if !arch(x86_64)
      if options[0] == "--cpu" { return }
    #endif
    let options = options.map { Argument($0) }
    try RemoteServer.use { box, server in
      let run = try server.command(Self.options + options + ["--remote-upload", "off", "--cache-dir", "there", "."])
        .run()
      #expect(server.masked(run.errors).contains(" 0 compiled, 3 compiled on SERVER, "), "\(run.errors)")
      #expect(try server.artifacts().isEmpty)
      let local = try box.tool(options + ["-q", "--cache-dir", "here", "."]).run()
      #expect(local.ending == .exited(0), "\(local.errors)")
      for name in RemoteServer.names {
        let module = "\(name).wasm"
        let (there, here) = (try artifact(box, "there", module, options), try artifact(box, "here", module, options))
        #expect(there != nil && there == here)
      }
    }
  }

  @Test func whoIsToldAndHow() throws {
    try RemoteServer.use { box, server in
      let run = try command(server, "-j", "1", "--cache-dir", "there", "one.wasm").run()
      #expect(server.masked(run.errors).lines.first == "compiled one.wasm with cranelift, SIZE → SIZE, remotely")
      let told = try MachineOutput(
        try command(server, "--format", "json", "--cache-dir", "other", "two.wasm").run().output, in: box)
      #expect(told.of("module").map { $0["status"] as? String } == ["compiled_remotely"])
      let summary = try #require(told.objects.last)
      #expect(summary["compiled_remotely"] as? Int == 1 && summary["compiled"] as? Int == 0)
      let stats = try MachineOutput(
        try box.succeed("cache", "stats", "--format", "json", "--cache-dir", "other").output, in: box)
      #expect(stats.of("statistics").first?["compiled_remotely"] as? Int == 1)
    }
  }

  @Test func theirArtifactsAreSignedLikeOurs() throws {
    try RemoteServer.use { box, server in
      try box.succeed("keys", "generate", "--name", "key")
      let run = try command(server, "-q", "--sign-with", "key.sec", "--cache-dir", "there", ".").run()
      #expect(run.ending == .exited(0) && run.errors.isEmpty, "\(run.errors)")
      #expect(try server.signatures().count == 3)
      let second = try server.succeed("--trust", "key.pub", "--cache-dir", "else", ".")
      #expect(server.masked(second.errors).contains(", 3 fetched from SERVER, "))
    }
  }

  // MARK: The module's fault

  @Test func whatAWorkerRefusesIsCompiledHere() throws {
    try RemoteServer.use { box, server in
      // A body that leaves nothing where a number is to be.
      let wrong: [UInt8] = [
        0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 0x0a, 4, 1, 2, 0, 0x0b,
      ]
      try box.write(wrong, to: "wrong.wasm")
      let here = try box.tool("-q", "--cache-dir", "here", "wrong.wasm").run()
      let there = try command(server, "-q", "--cache-dir", "there", "wrong.wasm").run()
      #expect(here.errors.hasPrefix("wrong.wasm: error: is not valid: ") && here.ending == .exited(1))
      #expect(there.errors == here.errors && there.ending == here.ending)
      #expect(server.log.count { $0.hasPrefix("execute ") } == 1)
      // Whoever wants to know everything reads the worker's words, too.
      let told = try command(server, "-v", "--cache-dir", "told", "wrong.wasm").run()
      let note = "note: SERVER: its worker refuses wrong.wasm (wasmprecompile-worker: refused: invalid: "
      #expect(server.masked(told.errors).lines.contains { $0.hasPrefix(note) }, "\(told.errors)")
    }
  }

  // MARK: The server's fault

  @Test(arguments: [
    ("idle-workers", ["the server executes nothing; everything is compiled here"]),
    ("lost-workers", ["a worker was lost: it was killed: one.wasm is compiled instead"]),
    ("dying-workers", ["its worker ended with status 137: killed: one.wasm is compiled instead"]),
    ("foreign-artifacts", ["what its worker has made is no artifact of the engine: one.wasm is compiled instead"]),
    (
      "lying-workers",
      ["its worker refuses a module that this machine's compiler takes: one.wasm is compiled instead"]
    ),
    (
      "wrong-artifacts",
      ["its artifact does not have the digest that it is said to have: one.wasm is compiled instead"]
    ),
    ("die-executing", ["wasmprecompile-remote exited with status 3; what is missing is compiled here"]),
  ]) func troubleIsSaidAndEverythingIsCompiled(_ word: String, _ messages: [String]) throws {
    try RemoteServer.use { box, server in
      try server.fault(word)
      let run = try command(server, "-q", "--cache-dir", "there", "one.wasm").run()
      #expect(run.ending == .exited(0))
      #expect(
        server.masked(run.errors).lines == messages.map { "wasmprecompile: warning: remote SERVER: \($0)".masked })
      try box.succeed("-q", "--cache-dir", "here", "one.wasm")
      let (there, here) = (try artifact(box, "there", "one.wasm"), try artifact(box, "here", "one.wasm"))
      #expect(there != nil && there == here)
    }
  }

  // MARK: Options

  @Test(arguments: [
    (
      ["--remote-execute"], "--remote-execute goes with --remote: name the cache that it is for"
    ),
    (
      ["--remote", "grpc://cache:1", "--remote-local-lanes", "2"],
      "--remote-local-lanes goes with --remote-execute: without that, everything is compiled here"
    ),
    (
      ["--remote", "grpc://cache:1", "--remote-platform", "OSFamily=linux"],
      "--remote-platform goes with --remote-execute: without that, no worker is asked"
    ),
    (
      ["--remote", "https://cache/wasm", "--remote-execute"],
      "--remote-execute: https://cache/wasm only keeps artifacts: name a server of the Remote Execution API, grpc://HOST:PORT"
    ),
  ]) func whatDoesNotGoTogetherIsRefused(_ options: [String], _ message: String) throws {
    try Sandbox.use { box in
      let run = try box.tool(options.map { Argument($0) } + ["."]).run()
      #expect(run.ending == .exited(64))
      #expect(run.errors.lines.first == "wasmprecompile: error: \(message)", "\(run.errors)")
    }
  }

  @Test(arguments: ["linux", "=linux", ""]) func whatIsNoPropertyIsRefused(_ value: String) throws {
    try Sandbox.use { box in
      let run = try box.tool(
        "--remote", "grpc://cache:1", "--remote-execute", "--remote-platform", Argument(value), "."
      ).run()
      #expect(run.ending == .exited(64))
      #expect(run.errors.hasPrefix("Error: The value '"), "\(run.errors)")
      #expect(run.errors.contains("' is invalid for '--remote-platform <name=value>': it must be NAME=VALUE\n"))
    }
  }
}
