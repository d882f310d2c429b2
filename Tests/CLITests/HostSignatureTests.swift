import Foundation
import Glibc
import TestSupport
import Testing

private let hasCryptography =
  (try? Tool.shell(
    "PATH=\"$1\" python3 -c 'import cryptography'", [ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]))
  != nil

/// The loaders for hosts in Python and C ask for signatures in lower caches if keys are named.
@Suite(.needs(hasCryptography, "Python's package cryptography: `make setup-tests` installs it"))
struct HostSignatureTests {
  /// Makes two pairs of keys and a cache of two modules that `ci` signed.
  private func below(_ box: Sandbox) throws -> String {
    for (number, name) in ["a", "b"].enumerated() { try box.write(WasmBinary.returning(number), to: "\(name).wasm") }
    for name in ["ci", "other"] { try box.succeed("keys", "generate", "--name", .init(name)) }
    let lower = box.path + "/lower"
    try box.succeed("-q", "--cache-dir", .init(lower), "--sign-with", "ci.sec", ".")
    return lower
  }

  private func load(
    _ loader: HostLoader, _ lower: String, trusting keys: [String], _ module: String = "a.wasm", in box: Sandbox
  ) throws -> String {
    var options: [Argument] = ["--lower", Argument(lower)]
    for key in keys { options += ["--trust", Argument(key)] }
    let lines = try loader.lines(options + ["load", Argument(module)], in: box)
    #expect(lines.count == 1)
    return lines.first ?? ""
  }

  @Test(arguments: HostLoader.standard) func whatATrustedKeySignedIsLoaded(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      let lower = try below(box)
      #expect(try load(loader, lower, trusting: ["ci.pub"], in: box) == "cached 0")
      #expect(try load(loader, lower, trusting: ["other.pub", "ci.pub"], "b.wasm", in: box) == "cached 1")
    }
  }

  @Test(arguments: HostLoader.standard) func everythingElseIsCompiled(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let entry = try box.succeed("path", "--cache-dir", .init(lower), "a.wasm").outputLines[0]
      let other = try box.succeed("path", "--cache-dir", .init(lower), "b.wasm").outputLines[0]
      let signature = entry + ".minisig"
      let good = try String(contentsOfFile: signature, encoding: .utf8)
      let lines = good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      func expect(_ reason: String, trusting key: String = "ci.pub", _ location: SourceLocation = #_sourceLocation)
        throws
      {
        let line = try load(loader, lower, trusting: [key], in: box)
        #expect(
          line.hasPrefix("compiled 0: ") && line.contains("\(entry): its artifact\(reason)"), "\(line)",
          sourceLocation: location)
      }
      func replace(_ text: String) throws {
        try FileManager.default.removeItem(atPath: signature)
        try Data(text.utf8).write(to: URL(fileURLWithPath: signature))
      }
      let id = try String(contentsOfFile: "\(box.work)/ci.pub", encoding: .utf8).lines[0].suffix(16)
      try expect(" is signed by a key that is not trusted (\(id))", trusting: "other.pub")
      let wrong = "'s signature by ci.pub is wrong: it was made for something else, or changed"
      // One of another module.
      try replace(String(contentsOfFile: other + ".minisig", encoding: .utf8))
      try expect(wrong)
      // One that was changed, in every part of it.
      var bytes = [UInt8](try #require(Data(base64Encoded: lines[1])))
      bytes[20] ^= 1
      try replace("\(lines[0])\n\(Data(bytes).base64EncodedString())\n")
      try expect(wrong)
      let unusable = "'s signature cannot be used: "
      try replace("\(lines[0])\n\(lines[1].replacing("RW", with: "RU"))\n")
      try expect(unusable + "it is not a signature of the kind Ed")
      try replace(String(good.dropLast(1)))
      try expect(unusable + "it is not a signature")
      try replace(good.replacing("\n", with: "\r\n"))
      try expect(unusable + "it is not a signature")
      try replace(lines[0] + "\n" + good)
      try expect(unusable + "it is not a signature of the kind Ed")
      try replace(good + "more\n")
      try expect(unusable + "something else than a trusted comment follows its second line")
      try replace(String(repeating: "x", count: 5000))
      try expect(unusable + "it has more than 4096 bytes")
      try FileManager.default.removeItem(atPath: signature)
      #expect(mkfifo(signature, 0o600) == 0)
      try expect(unusable + "it is not a file")
      try FileManager.default.removeItem(atPath: signature)
      try expect(" is not signed")
      #expect(symlink("/dev/zero", signature) == 0)
      try expect(unusable + "it is not a file")
      // Signify's two lines are enough, and then all is well.
      try replace(lines[..<2].joined(separator: "\n") + "\n")
      #expect(try load(loader, lower, trusting: ["ci.pub"], in: box) == "cached 0")
    }
  }

  @Test(arguments: HostLoader.standard) func theOwnCacheNeedsNoSignature(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.succeed("-q", "a.wasm")
      #expect(try load(loader, lower, trusting: ["other.pub"], in: box) == "cached 0")
    }
  }

  @Test(arguments: HostLoader.standard) func aKeyThatCannotBeUsedIsAnError(_ loader: HostLoader) throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.write("untrusted comment: x\nAAAA\n", to: "bad.pub")
      try box.write(try String(contentsOfFile: "\(box.work)/ci.pub", encoding: .utf8), to: "open.pub")
      chmod("\(box.work)/open.pub", 0o666)
      try box.write(try String(contentsOfFile: "\(box.work)/ci.pub", encoding: .utf8), to: "loose/keys/ci.pub")
      chmod("\(box.work)/loose", 0o777)
      #expect(symlink("loose/keys/ci.pub", "\(box.work)/link.pub") == 0)
      let loose = "\(box.work)/loose: other users can write to it (mode 0777)"
      for (key, reason) in [
        ("bad.pub", "bad.pub: it is not a public key of the kind Ed"), ("missing.pub", "missing.pub"),
        ("open.pub", "open.pub: other users can write to it"),
        ("ci.sec", "ci.sec: it is not a public key of the kind Ed"),
        // Whoever may write above a key, or above what its name leads to, may put another in its place.
        ("loose/keys/ci.pub", "loose/keys/ci.pub: \(loose)"), ("link.pub", "link.pub: \(loose)"),
      ] {
        let run = try loader.command(
          box.cache, ["--lower", Argument(lower), "--trust", Argument(key), "load", "a.wasm"], in: box
        ).run()
        #expect(run.ending == .exited(1))
        #expect(run.errors.contains("a trusted key cannot be used: ") && run.errors.contains(reason), "\(run.errors)")
      }
      chmod("\(box.work)/loose", 0o755)
      #expect(try load(loader, lower, trusting: ["link.pub"], in: box) == "cached 0")
    }
  }

  /// Without the library that checks signatures, keys are an error, and not a reason to load what nobody checked.
  @Test func pythonNamesThePackageThatItNeeds() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.write("raise ImportError('hidden')\n", to: "hidden/cryptography/__init__.py")
      var run = try HostLoader(language: .python, release: .standard).command(
        box.cache, ["--lower", Argument(lower), "--trust", "ci.pub", "load", "a.wasm"], in: box)
      run.environment["PYTHONPATH"] = "\(box.work)/hidden:" + (run.environment["PYTHONPATH"] ?? "")
      let result = try run.run()
      #expect(result.ending == .exited(1))
      #expect(
        result.errorLines.last
          == "ImportError: signatures are checked by PyPI's package `cryptography`, which is not there: install it, or trust no "
          + "keys")
    }
  }
}
