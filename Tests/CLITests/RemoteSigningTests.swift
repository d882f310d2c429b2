import Foundation
import TestSupport
import Testing

/// Signatures of what another machine has, for a team whose server others may write to.
@Suite struct RemoteSigningTests {
  /// Fills the server with signed artifacts of three modules.
  private func use(_ body: (Sandbox, RemoteServer) throws -> Void) throws {
    try RemoteServer.use { box, server in
      for name in ["ci", "other"] { try box.succeed("keys", "generate", "--name", .init(name)) }
      try server.succeed("-q", "--sign-with", "ci.sec", "--cache-dir", "here", ".")
      #expect(try server.signatures().count == 3)
      try body(box, server)
    }
  }

  @Test func whatATrustedKeySignedIsFetchedAndStaysSigned() throws {
    try use { box, server in
      let run = try server.succeed("--trust", "ci.pub", "--sign-with", "other.sec", "--cache-dir", "there", ".")
      #expect(server.masked(run.errors) == "3 modules: 0 compiled, 3 fetched from SERVER, 0 up to date (TIME)\n")
      let verified = try box.succeed("cache", "verify", "--signatures", "--trust", "ci.pub", "--cache-dir", "there")
      #expect(verified.output.lines.last == "signatures: 3 good (3 by ci.pub)")
      // So the cache serves as a lower one.
      let below = try box.succeed("--cache-dir", "empty", "--lower-cache", "there", "--trust", "ci.pub", ".")
      #expect(
        below.errors.masked == "3 modules: nothing to compile, all up to date (3 in lower caches) (TIME)\n")
    }
  }

  @Test func whatAStrangerStoredIsCompiledHere() throws {
    try use { box, server in
      // Another module's artifact, with its good signature, in the place of the first.
      let names = try server.artifacts()
      let hash = try box.succeed("hash", "one.wasm").output.prefix(64)
      let one = try #require(names.first { $0.contains(hash) })
      let two = try #require(names.first { $0 != one })
      for suffix in ["", ".sig"] {
        _ = try Tool.shell("cp \"$1\" \"$2\"", ["\(server.path)/\(two)\(suffix)", "\(server.path)/\(one)\(suffix)"])
      }
      let run = try server.succeed("--trust", "ci.pub", "--cache-dir", "there", ".")
      let lines = server.masked(run.errors).lines
      #expect(
        lines.first
          == "wasmprecompile: warning: remote SERVER: its artifact's signature by ci.pub is wrong: it was made for something "
          + "else, or changed: ./one.wasm is compiled instead")
      #expect(
        lines.last
          == "3 modules: 1 compiled, 2 fetched from SERVER, 0 up to date, 1 without a trusted signature (SIZE → SIZE in TIME)"
      )
      #expect(try box.succeed("run", "--cache-dir", "there", "--invoke", "value", "one.wasm").output == "0\n")

      // Whoever trusts another key takes none.
      let strange = try server.succeed("-q", "--trust", "other.pub", "--cache-dir", "strange", ".")
      let key = try String(contentsOfFile: "\(box.work)/ci.pub", encoding: .utf8)
      let id = try #require(key.lines.first?.suffix(16))
      #expect(
        server.masked(strange.errors)
          == "wasmprecompile: warning: remote SERVER: 3 artifacts are signed by a key that is not trusted (\(id)): "
          + "./one.wasm and 2 more are compiled instead\n")
      let json = try MachineOutput(
        try server.succeed("--format", "json", "--trust", "other.pub", "--cache-dir", "json", ".").output, in: box)
      #expect(json.objects.last?["refused"] as? Int == 3 && json.objects.last?["remote_errors"] as? Int == 0)

      // Where the reason is told why something is missing or was compiled, it is this one.
      let path = try server.command("path", "--trust", "other.pub", "--cache-dir", "empty", "one.wasm").run()
      #expect(path.ending == .exited(1))
      #expect(
        path.errors.lines.last
          == "one.wasm: error: the cache has no artifact for cranelift: signature refused; make it with --compile")
      let frozen = try server.command("--frozen", "--trust", "other.pub", "--cache-dir", "empty", "one.wasm").run()
      #expect(frozen.errors.contains("for cranelift: signature refused; --frozen compiles nothing"), "\(frozen.errors)")
      let stats = try box.succeed("cache", "stats", "--cache-dir", "strange").output
      #expect(stats.contains("\nmisses       3: 3 signature refused\n"), "\(stats)")
    }
  }
}
