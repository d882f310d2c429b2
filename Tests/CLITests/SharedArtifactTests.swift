import Foundation
import TestSupport
import Testing

/// Hosts that differ in WebAssembly which few modules need: what serves several of them is compiled once.
@Suite struct SharedArtifactTests {
  private static let hosts: [Argument] = ["--host", "plain", "--host", "unthreaded", "--host", "older"]

  private func describeHosts(in box: Sandbox) throws {
    try box.write(
      """
      [host.plain]

      [host.unthreaded]
      wasm = ["threads=n"]

      [host.older]
      wasm = ["gc=n", "tail-call=n"]

      [host.fueled]
      wasm = ["fuel=1", "threads=n"]

      [host.small]
      wasm = ["threads=n"]
      cpu = "baseline"

      [host.quick]
      wasm = ["threads=n"]
      opt-level = "none"

      [host.whole]
      wasm = ["threads=n"]
      features = "all"

      """, to: "../home/.config/wasmprecompile/config.toml")
  }

  private func path(_ host: String, _ module: String = "a.wasm", in box: Sandbox) throws -> String {
    try #require(try box.succeed("path", "--host", .init(host), .init(module)).outputLines.first)
  }

  private func digest(_ path: String) throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: path)
  }

  private func loads(_ host: String, _ artifact: String, in box: Sandbox) throws -> Bool {
    let output = try box.succeed("inspect", "--format", "json", "--host", .init(host), .init(artifact)).output
    let verdicts = try MachineOutput(output, in: box).of("inspected").first?["verdicts"] as? [[String: Any]]
    return try #require(verdicts?.first?["loads"] as? Bool)
  }

  /// The order in which the hosts are named does not count.
  @Test(arguments: [hosts, ["--host", "older", "--host", "unthreaded", "--host", "plain"]])
  func oneCompilationServesAll(_ hosts: [Argument]) throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let run = try box.succeed(hosts + ["."])
      #expect(
        run.errorLines.last?.masked
          == "3 modules with 3 targets: 3 compiled, 6 shared, 0 up to date (SIZE → SIZE in TIME)")
      #expect(run.errorLines.dropLast().allSatisfy { $0.hasPrefix("compiled ") } && run.errorLines.count == 4)
      for number in 1...3 {
        let paths = try ["plain", "unthreaded", "older"].map { try path($0, "\(number).wasm", in: box) }
        let objects = Set(try paths.map(digest))
        #expect(Set(paths).count == 3 && objects.count == 1)
      }
      for host in ["plain", "unthreaded", "older"] { #expect(try loads(host, path(host, "1.wasm", in: box), in: box)) }
      let again = try box.succeed(hosts + ["."])
      #expect(again.errorLines.last?.masked == "3 modules with 3 targets: nothing to compile, all up to date (TIME)")
      #expect(try box.succeed("cache", "stats").outputLines.contains("shared       6 made for other hosts"))
      #expect(try box.succeed("cache", "verify").ending == .exited(0))
    }
  }

  /// What is shared is what would have been compiled.
  @Test func itIsTheSameToTheByte() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.manyFunctions(20), to: "a.wasm")
      try box.write(
        WasmText.binary("(module (func (param v128) (result v128) local.get 0 local.get 0 i8x16.add))"), to: "b.wasm")
      try box.succeed(Self.hosts + ["."])
      let shared = try ["unthreaded", "older"].flatMap { host in
        try ["a.wasm", "b.wasm"].map { try digest(path(host, $0, in: box)) }
      }
      try box.removeCache()
      for host in ["unthreaded", "older"] { try box.succeed("--host", .init(host), ".") }
      let compiled = try ["unthreaded", "older"].flatMap { host in
        try ["a.wasm", "b.wasm"].map { try digest(path(host, $0, in: box)) }
      }
      #expect(shared == compiled)
      let run = try box.succeed("cache", "verify", "--reproduce", "all")
      #expect(run.ending == .exited(0))
    }
  }

  @Test func whatAnEarlierRunMadeServesToo() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("--host", "plain", "a.wasm")
      let run = try box.succeed("-v", "--host", "older", "a.wasm")
      #expect(run.errors.masked.contains("\nshared a.wasm with cranelift, gc false, tail-call false, SIZE → SIZE\n"))
      #expect(run.errorLines.last?.masked == "1 module: 0 compiled, 1 shared, 0 up to date (TIME)")
      // One that is narrower does not serve one that is wider: what is made for that may assume more.
      try box.removeCache()
      try box.succeed("--host", "older", "a.wasm")
      let wider = try box.succeed("--host", "plain", "a.wasm")
      #expect(wider.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }

  @Test func machinesAreToldToo() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let lines = try MachineOutput(box.succeed(Self.hosts + ["--format", "json", "a.wasm"]).output, in: box)
      let modules = lines.of("module")
      #expect(modules.compactMap { $0["status"] as? String }.sorted() == ["compiled", "shared", "shared"])
      #expect(Set(modules.compactMap { $0["artifact"] as? String }).count == 3)
      let summary = try #require(lines.objects.last)
      #expect(summary["shared"] as? Int == 2 && summary["compiled"] as? Int == 1 && summary["missing"] as? Int == 3)
    }
  }

  /// A host that has something else set, or another processor, has artifacts of its own.
  @Test(arguments: ["fueled", "small", "quick", "whole"]) func othersAreCompiled(_ host: String) throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.succeed("--host", "plain", "--host", .init(host), "a.wasm")
      #expect(
        run.errorLines.last?.masked == "1 module with 2 targets: 2 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }

  /// A module that needs what a host lacks is not that host's.
  @Test func aHostIsGivenNothingThatItLacks() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmText.binary("(module (func $f return_call $f))"), to: "tail.wasm")
      try box.write(WasmText.binary("(module (memory 1 1 shared))"), to: "threads.wasm")
      let run = try box.tool(Self.hosts + ["."]).run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines.last?.masked
          == "2 modules with 3 targets: 3 compiled, 1 shared, 0 up to date, 2 failed (SIZE → SIZE in TIME)")
      #expect(try loads("unthreaded", path("unthreaded", "tail.wasm", in: box), in: box))
      #expect(try box.tool("path", "--host", "unthreaded", "threads.wasm").run().ending != .exited(0))
    }
  }

  @Test func whatIsForcedIsCompiled() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.succeed(Self.hosts + ["--force", "a.wasm"])
      #expect(
        run.errorLines.last?.masked == "1 module with 3 targets: 3 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }

  /// The bytes are not believed because they lie there.
  @Test func whatIsDamagedServesNobody() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("--host", "plain", "a.wasm")
      let entry = try path("plain", in: box)
      let object = URL(fileURLWithPath: entry).resolvingSymlinksInPath().path
      try FileManager.default.removeItem(atPath: object)
      try Data("no artifact".utf8).write(to: URL(fileURLWithPath: object))
      let run = try box.succeed("--host", "older", "a.wasm")
      #expect(run.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }

  // MARK: Signatures

  /// Whoever signs vouches for what was made under their eyes.
  @Test func aSignedRunSharesWhatItMadeItself() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write(WasmBinary.returning(2), to: "b.wasm")
      for name in ["ci", "other"] { try box.succeed("keys", "generate", "--name", .init(name)) }
      try box.succeed("--host", "plain", "a.wasm")
      let run = try box.succeed(Self.hosts + ["--sign-with", "ci.sec", "."])
      #expect(
        run.errorLines.last?.masked
          == "2 modules with 3 targets: 3 compiled, 2 shared, 1 up to date (SIZE → SIZE in TIME)")
      try box.succeed("-q", "--host", "plain", "--force", "--sign-with", "ci.sec", "a.wasm")
      #expect(try box.succeed("cache", "verify", "--signatures", "--trust", "ci.pub").ending == .exited(0))
      #expect(try box.tool("cache", "verify", "--signatures", "--trust", "other.pub").run().ending != .exited(0))
    }
  }

  /// An entry that came from elsewhere may name the artifact of another module, even one that this run makes.
  @Test func whatIsMadeOfAnotherModuleIsNotSigned() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.succeed("keys", "generate", "--name", "ci")
      try box.write(WasmBinary.returning(1), to: "victim.wasm")
      // The larger come first, so that this one is made and stored when the victim's turn comes.
      try box.write(WasmBinary.manyFunctions(60), to: "evil.wasm")
      try box.succeed("--host", "plain", ".")
      let (victim, evil) = try (path("plain", "victim.wasm", in: box), path("plain", "evil.wasm", in: box))
      let bad = try digest(evil)
      for place in [victim, evil] { try FileManager.default.removeItem(atPath: place) }
      try FileManager.default.createSymbolicLink(atPath: victim, withDestinationPath: bad)
      for number in 1...20 { try box.write(WasmBinary.manyFunctions(20 + number), to: "between\(number).wasm") }

      let hosts: [Argument] = ["--host", "plain", "--host", "older"]
      let run = try box.succeed(hosts + ["--jobs", "1", "--sign-with", "ci.sec", "."])
      #expect(try digest(evil) == bad)
      #expect(try digest(path("older", "evil.wasm", in: box)) == bad, "\(run.errors)")
      #expect(try digest(path("older", "victim.wasm", in: box)) != bad, "\(run.errors)")
    }
  }

  // MARK: Other machines

  @Test func whatWasNotMadeHereIsNotGivenAway() throws {
    try RemoteServer.use { box, server in
      try describeHosts(in: box)
      try server.succeed("--cache-dir", "here", "--host", "plain", ".")
      try server.succeed("--cache-dir", "there", "--host", "plain", ".")
      let run = try server.succeed("--cache-dir", "there", "--host", "older", ".")
      #expect(run.errors.masked.lines.last == "3 modules: 0 compiled, 3 shared, 0 up to date (TIME)")
      #expect(try server.artifacts().count == 3)
      // What this machine has made for one host, it has made for the other.
      let both = try server.succeed("--cache-dir", "third", "--force", "--host", "plain", ".")
      #expect(both.errors.masked.lines.last?.hasPrefix("3 modules: 3 compiled, ") == true)
      try box.write(WasmBinary.manyFunctions(3), to: "new.wasm")
      let new = try server.succeed("--cache-dir", "third", "--host", "plain", "--host", "older", "new.wasm")
      #expect(
        new.errors.masked.lines.last
          == "1 module with 2 targets: 1 compiled, 1 shared, 0 up to date (SIZE → SIZE in TIME)")
      #expect(try server.artifacts().count == 5)
    }
  }
}
