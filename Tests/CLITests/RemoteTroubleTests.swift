import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What a run makes of a cache on another machine that cannot be used, or must not be.
@Suite struct RemoteTroubleTests {
  @Test(arguments: [
    ("refuse", "nobody answers there: is the server running?; what is missing is compiled here"),
    ("old", "it is of another release; what is missing is compiled here"),
    ("silent", "no answer for 5 s; what is missing is compiled here"),
    ("hang", "no answer for 5 s; what is missing is compiled here"),
    ("die", "wasmprecompile-remote exited with status 3; what is missing is compiled here"),
    (
      "crash",
      "wasmprecompile-remote was ended by signal 6 (aborted): the first word the last; what is missing is compiled here"
    ),
    (
      "foreign",
      "HELPER does not speak as it should: install the one that belongs to this release of wasmprecompile; "
        + "what is missing is compiled here"
    ),
    ("full", "3 artifacts are not stored there: it has no room"),
    ("read-only", "3 artifacts are not stored there: it lets nobody write"),
  ]) func troubleIsSaidOnceAndEverythingIsCompiled(_ word: String, _ message: String) throws {
    try RemoteServer.use { box, server in
      try server.fault(word)
      let run = try server.succeed("-q", "--remote-timeout", "0.1", ".")
      #expect(server.masked(run.errors).lines == ["wasmprecompile: warning: remote SERVER: \(message)".masked])
      #expect(try box.succeed("--check", ".").errors.masked == "3 modules: 0 to compile, 3 up to date (TIME)\n")
    }
  }

  @Test func withoutTheProgramItIsSaidHowToGetIt() throws {
    try RemoteServer.use { box, server in
      let run = try box.tool("-q", "--remote", "https://cache.example/wasm", ".").run()
      let directory = try BuiltExecutable.path().removingLastComponent()
      let installed = directory.removingLastComponent().appending("libexec/wasmprecompile")
      #expect(run.ending == .exited(0))
      #expect(
        run.errors
          == "wasmprecompile: warning: remote https://cache.example/wasm: there is no wasmprecompile-remote, the program that "
          + "speaks to it (looked for \(directory)/wasmprecompile-remote and \(installed)/wasmprecompile-remote): install the "
          + "package of that name, or build it with `make remote`; what is missing is compiled here\n")
    }
  }

  @Test func anInterruptEndsWaiting() throws {
    try RemoteServer.use { box, server in
      try server.fault("hang")
      let run = try server.command("--remote-timeout", "100", ".").start()
      #expect(eventually { server.log.contains { $0.hasPrefix("fetch ") } })
      run.send(SIGINT)
      let result = run.wait()
      #expect(result.ending == .signalled(SIGINT))
      #expect(!result.errors.contains("warning"), "\(result.errors)")
    }
  }

  // MARK: Options

  @Test func pullRequestsStoreNothing() throws {
    try RemoteServer.use { box, server in
      var command = server.command("-v", ".")
      command.environment["GITHUB_ACTIONS"] = "true"
      command.environment["GITHUB_EVENT_NAME"] = "pull_request"
      let run = try command.run()
      #expect(run.ending == .exited(0) && !run.errors.contains("warning"))
      #expect(
        server.masked(run.errors).contains(
          "note: nothing is stored in SERVER: GitHub Actions builds a pull request (--remote-upload on stores all the same)\n"
        ))
      #expect(try server.artifacts().isEmpty)
      command.arguments += ["--remote-upload", "on", "--force"]
      #expect(try command.run().ending == .exited(0))
      #expect(try server.artifacts().count == 3)
    }
  }

  @Test(arguments: [
    (["--remote-salt", "x"], "--remote-salt goes with --remote: name the cache that it is for"),
    (
      ["--remote", "grpcs://h:1", "--remote-certificate", "c"],
      "--remote-certificate needs its key: name that with --remote-key"
    ),
    (
      ["--remote", "grpcs://h:1", "--remote-key", "k"],
      "--remote-key needs its certificate: name that with --remote-certificate"
    ),
    (
      ["--remote", "grpc://h:1", "--remote-ca", "c"],
      "--remote-ca goes with TLS, which grpc://h:1 has not: write grpcs://h:1"
    ),
    (
      ["--remote", "http://h/a", "--remote-token-file", "t"],
      "--remote-token-file: whoever is on the way to http://h/a could read the token: write https://h/a"
    ),
  ]) func whatDoesNotGoTogetherIsRefused(_ options: [String], _ message: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.tool(options.map { Argument($0) } + ["a.wasm"]).run()
      #expect(run.ending == .exited(64))
      #expect(run.errors == "wasmprecompile: error: \(message)\n")
    }
  }

  @Test func noneTakesBackWhatIsSet() throws {
    try RemoteServer.use { box, server in
      let run = try server.succeed("--remote", "none", ".")
      #expect(server.log.isEmpty && !run.errors.contains("remote"))
    }
  }

  @Test func aProjectCannotNameOne() throws {
    try RemoteServer.use { box, server in
      try box.write("remote = \"\(server.address)\"\n", to: ".wasmprecompile.toml")
      let run = try box.tool(".").run()
      #expect(run.ending == .exited(64))
      #expect(
        run.errors.hasPrefix(
          "wasmprecompile: error: \(box.work)/.wasmprecompile.toml:1: remote may not be set by a project: it decides what code "
            + "runs, is trusted or is kept; use --remote, $WASMPRECOMPILE_REMOTE or your own "))
      #expect(server.log.isEmpty)
    }
  }
}
