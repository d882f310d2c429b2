import Foundation
import TestSupport
import Testing

/// Who made what, in in-toto's words, as a verifier reads it that knows nothing of us.
@Suite struct AttestationTests {
  private func verify(_ lines: String, with key: String, in box: Sandbox) throws -> CommandResult {
    try box.write(lines, to: "lines.jsonl")
    var python = box.command(
      "sh",
      [
        "-c", "exec python3 \"$1\" \"$2\" < lines.jsonl", "sh",
        Argument("\(EngineUnderTest.packageRoot)/Tests/HostLoaders/verify_attestations.py"), Argument(key),
      ])
    python.environment["PYTHONPATH"] = try PythonTool.path(["securesystemslib"])
    python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return try python.run()
  }

  @Test func anotherToolVerifiesThem() throws {
    try Sandbox.use { box in
      try box.succeed("keys", "generate", "--name", "ci")
      try box.succeed("keys", "generate", "--name", "other")
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed("-q", "--opt-level", "none", ".")
      let made = try box.succeed(
        "cache", "attest", "--sign-with", "ci.sec", "--builder", "https://ci.example.org/wasm")
      #expect(made.outputLines.count == 2 && made.errors.isEmpty)
      let verified = try verify(made.output, with: "ci.pub", in: box)
      #expect(verified.ending == .exited(0), "\(verified.errors)")
      let module = try box.succeed("hash", "1.wasm").output.prefix(64)
      let entry = try box.succeed("path", "--opt-level", "none", "1.wasm").outputLines[0]
      let artifact = try Tool.shell("sha256sum < \"$1\"", [entry]).prefix(64)
      let statements = try verified.outputLines.map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      func text(_ statement: [String: Any], _ keys: Any...) -> String? {
        var value: Any? = statement
        for key in keys {
          if let name = key as? String { value = (value as? [String: Any])?[name] }
          if let number = key as? Int { value = (value as? [Any])?[number] }
        }
        return value as? String
      }
      let one = try #require(
        statements.first {
          text($0, "predicate", "buildDefinition", "resolvedDependencies", 0, "digest", "sha256") ?? "" == module
        })
      #expect(text(one, "_type") == "https://in-toto.io/Statement/v1")
      #expect(text(one, "predicateType") == "https://slsa.dev/provenance/v1")
      #expect(text(one, "subject", 0, "digest", "sha256") ?? "" == artifact)
      #expect(entry.hasSuffix(text(one, "subject", 0, "name") ?? "nothing"))
      #expect(text(one, "predicate", "runDetails", "builder", "id") == "https://ci.example.org/wasm")
      let parameters = ["predicate", "buildDefinition", "externalParameters"]
      #expect(text(one, parameters[0], parameters[1], parameters[2], "backend") == "cranelift")
      #expect(text(one, parameters[0], parameters[1], parameters[2], "options", 0, "name") == "opt-level")

      // Another key's, or one whose payload was changed, is not verified.
      #expect(try verify(made.output, with: "other.pub", in: box).ending == .exited(1))
      let payload = try #require(made.outputLines[0].firstMatch(of: #/"payload":"([^"]*)"/#)).1
      let changed = Data(
        try #require(Data(base64Encoded: String(payload))).map { $0 == UInt8(ascii: "1") ? UInt8(ascii: "2") : $0 })
      let forged = made.outputLines[0].replacing(payload, with: changed.base64EncodedString())
      #expect(try verify(forged + "\n", with: "ci.pub", in: box).ending == .exited(1))

      // Of one module only.
      #expect(try box.succeed("cache", "attest", "--sign-with", "ci.sec", "1.wasm").outputLines.count == 1)
    }
  }

  @Test func nothingIsSaidOfWhatIsCorrupt() throws {
    try Sandbox.use { box in
      try box.succeed("keys", "generate", "--name", "ci")
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed("-q", ".")
      let entry = try box.succeed("path", "1.wasm").outputLines[0]
      try flipBit(ofArtifactAt: entry)
      let run = try box.tool("cache", "attest", "--sign-with", "ci.sec").run()
      #expect(run.ending == .exited(1) && run.outputLines.count == 1)
      #expect(run.errors.hasPrefix("\(entry): error: its artifact is corrupt: "))
      let keyless = try box.tool("cache", "attest").run()
      #expect(keyless.ending == .exited(64))
      #expect(
        keyless.errors
          == "wasmprecompile: error: no key to sign with: name its file with --sign-with, or make one: `keys generate`\n"
      )
      let builder = try box.tool("cache", "attest", "--sign-with", "ci.sec", "--builder", "me").run()
      #expect(
        builder.ending == .exited(64) && builder.errors.contains("--builder 'me': a URI is a scheme, a colon and more"))
    }
  }
}
