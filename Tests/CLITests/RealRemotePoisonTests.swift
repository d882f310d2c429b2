import Foundation
import TestSupport
import Testing

/// Real servers to which somebody writes who has no key: what they store is refused, told, and compiled here.
@Suite(.needs(RealRemote.isThere, RealRemote.need)) struct RealRemotePoisonTests {
  /// A module's artifact as a server keeps it.
  private struct Stored {
    let name: String
    let artifact: [UInt8]
    let signature: [UInt8]
  }

  private struct NoArtifact: Error {}

  /// What is read of an attestation.
  private struct Envelope: Decodable { let payload: Data }
  private struct Statement: Decodable {
    struct Predicate: Decodable { let buildDefinition: Build }
    let predicate: Predicate
  }
  private struct Build: Decodable {
    struct External: Decodable { let backend, version: String }
    struct Internal: Decodable { let identity: String }
    struct Module: Decodable { let digest: [String: String] }
    let externalParameters: External
    let internalParameters: Internal
    let resolvedDependencies: [Module]

    var name: String {
      "\(externalParameters.backend)-\(externalParameters.version)-\(internalParameters.identity)/"
        + "\(resolvedDependencies[0].digest["sha256"] ?? "").cwasm"
    }
  }

  /// Takes an artifact out of a machine's cache, with its name among servers.
  private func stored(_ remote: RealRemote, _ machine: String, _ module: String, _ options: Argument...) throws
    -> Stored
  {
    func succeed(_ arguments: [Argument]) throws -> [String] {
      let result = try remote.command(machine, arguments + ["--remote", "none"] + options).run()
      #expect(result.ending == .exited(0), "\(result.errors)")
      return result.outputLines
    }
    let path = try #require(try succeed(["path", .init(module)]).first)
    // An attestation says what the name is made of.
    let attested = try remote.command(machine, ["cache", "attest", "--sign-with", "ci.sec", .init(module)]).run()
    let names = try attested.outputLines.map { line in
      let envelope = try JSONDecoder().decode(Envelope.self, from: Data(line.utf8))
      return try JSONDecoder().decode(Statement.self, from: envelope.payload).predicate.buildDefinition.name
    }
    let directory = try #require(path.split(separator: "/").dropLast().last)
    let backend = try #require(directory.split(separator: "-").first)
    let name = try #require(names.first { $0.hasPrefix("\(backend)-") })
    func bytes(_ path: String) throws -> [UInt8] {
      guard let contents = FileManager.default.contents(atPath: path) else { throw NoArtifact() }
      return Array(contents)
    }
    return Stored(name: name, artifact: try bytes(path), signature: try bytes(path + ".minisig"))
  }

  private static let wrong =
    "its artifact's signature by ci.pub is wrong: it was made for something else, or changed: one.wasm is compiled instead"
  private static let unsigned = "1 compiled, 0 up to date, 1 without a trusted signature (SIZE → SIZE in TIME)"

  @Test(arguments: ["grpc", "http"]) func whatAStrangerStoresIsCompiledHere(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let server =
        scheme == "grpc"
        ? try RealServers.startCasd(in: remote.directory) : try RealServers.startNginx(in: remote.directory)
      remote.keep(server)
      let address = "\(scheme)://127.0.0.1:\(server.port)"
      remote.environment["WASMPRECOMPILE_REMOTE"] = address
      for name in ["ci", "stranger"] { try box.succeed("keys", "generate", "--name", .init(name)) }
      let both: [Argument] = ["-q", "--backend", "cranelift", "--backend", "winch", "one.wasm", "two.wasm"]
      for (machine, key) in [("ci", "ci.sec"), ("stranger", "stranger.sec")] {
        let made = try remote.command(machine, both + ["--sign-with", .init(key), "--remote", "none"]).run()
        #expect(made.ending == .exited(0), "\(made.errors)")
      }
      let one = try stored(remote, "ci", "one.wasm")
      let two = try stored(remote, "ci", "two.wasm")
      let winch = try stored(remote, "ci", "one.wasm", "--backend", "winch")
      let strange = try stored(remote, "stranger", "one.wasm")
      #expect(one.artifact == strange.artifact && one.name == strange.name && one.name != winch.name)
      let publicKey = try String(contentsOfFile: "\(box.work)/stranger.pub", encoding: .utf8)
      let id = try #require(publicKey.lines.first?.split(separator: " ").last)

      // What is stored under the name of the first module, and what a run says of it.
      let poisons: [(artifact: [UInt8], signature: [UInt8], warning: String, summary: String)] = [
        (two.artifact, two.signature, Self.wrong, Self.unsigned),
        (
          winch.artifact, winch.signature, "its artifact is of another engine: one.wasm is compiled instead",
          "1 compiled, 0 up to date, 1 error of SERVER (SIZE → SIZE in TIME)"
        ),
        (one.artifact, two.signature, Self.wrong, Self.unsigned),
        (one.artifact, winch.signature, Self.wrong, Self.unsigned),
        (one.artifact + [0], one.signature, Self.wrong, Self.unsigned),
        (
          one.artifact, strange.signature,
          "its artifact is signed by a key that is not trusted (\(id)): one.wasm is compiled instead", Self.unsigned
        ),
        (one.artifact, [], "its artifact is not signed: one.wasm is compiled instead", Self.unsigned),
      ]
      let writer = try RemoteWriter(address)
      for (number, poison) in poisons.enumerated() {
        try writer.store(one.name, poison.artifact, signature: poison.signature)
        let machine = "machine\(number)"
        let lines = try remote.run(
          machine, "--trust", "ci.pub", "--remote-upload", "off", "one.wasm", masking: address)
        #expect(
          lines.filter { $0.contains("warning: ") } == [
            "wasmprecompile: warning: remote SERVER: \(poison.warning)".masked
          ])
        #expect(lines.last == "1 module: \(poison.summary)")
        try remote.expectSame(["ci", machine], "one.wasm")
      }
      // So it is the poison that was refused, and no other thing.
      try writer.store(one.name, one.artifact, signature: one.signature)
      #expect(
        try remote.run("last", "--trust", "ci.pub", "one.wasm", masking: address)
          == ["1 module: 0 compiled, 1 fetched from SERVER, 0 up to date (TIME)"])
    }
  }
}
