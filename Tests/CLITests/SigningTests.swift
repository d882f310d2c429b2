import Foundation
import Glibc
import TestSupport
import Testing

/// Keys, signatures, and caches whose artifacts count only if they are signed.
@Suite struct SigningTests {
  private static let names = ["one", "two", "three"]

  /// Makes two keys, `ci` and `other`, and a cache in `lower` with an artifact of each module.
  private func below(_ box: Sandbox, signedBy key: String? = "ci.sec") throws -> String {
    for (number, name) in Self.names.enumerated() { try box.write(WasmBinary.returning(number), to: "\(name).wasm") }
    for name in ["ci", "other"] { try box.succeed("keys", "generate", "--name", .init(name)) }
    let path = URL(fileURLWithPath: "\(box.work)/../lower").standardizedFileURL.path
    try box.succeed(
      ["-q", "--cache-dir", .init(path), "."] + (key.map { ["--sign-with", .init($0)] } ?? []))
    return path
  }

  private func engine(_ cache: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: cache + "/v1/engines")
    return cache + "/v1/engines/" + (try #require(names.first))
  }

  /// The entry and the signature of a module.
  private func files(_ box: Sandbox, _ cache: String, _ module: String) throws -> (entry: String, signature: String) {
    let entry = try box.succeed("path", "--cache-dir", .init(cache), .init(module)).outputLines[0]
    return (entry, entry + ".minisig")
  }

  private func id(_ box: Sandbox, _ key: String) throws -> String {
    let text = try String(contentsOfFile: "\(box.work)/\(key).pub", encoding: .utf8)
    return try #require(text.lines.first?.split(separator: " ").last.map(String.init))
  }

  // MARK: Keys

  @Test func aPairOfKeysIsMadeAndNeverOverwritten() throws {
    try Sandbox.use { box in
      let made = try box.succeed("keys", "generate")
      let id = try id(box, "wasmprecompile")
      #expect(
        made.outputLines == [
          "./wasmprecompile.pub: the public key \(id), for everybody: --trust",
          "./wasmprecompile.sec: the secret key, for whoever signs: --sign-with",
        ])
      let modes = try Tool.shell("stat -c '%a %n' \"$1\"/*", [box.work]).lines
      #expect(
        modes == [
          "644 \(box.work)/wasmprecompile.pub", "600 \(box.work)/wasmprecompile.sec",
        ])
      let again = try box.tool("keys", "generate").run()
      #expect(again.ending == .exited(73))
      #expect(
        again.errors
          == "wasmprecompile: error: ./wasmprecompile.sec: is there already, and a key is never overwritten: choose another "
          + "--name, or another directory\n")
      // Half a pair is not left behind.
      try box.remove("wasmprecompile.sec")
      #expect(try box.tool("keys", "generate").run().ending == .exited(73))
      #expect(!FileManager.default.fileExists(atPath: "\(box.work)/wasmprecompile.sec"))
      let nowhere = try box.tool("keys", "generate", "missing/keys").run()
      #expect(
        nowhere.errors
          == "wasmprecompile: error: missing/keys/wasmprecompile.sec: cannot write the key: no such file or directory\n"
      )
      #expect(try box.succeed("keys", "generate", "new").outputLines[0].hasPrefix("new/wasmprecompile.pub: "))
      let json = try MachineOutput(
        try box.succeed("keys", "generate", "--name", "team", "--format", "json").output, in: box)
      #expect(json.of("key_pair").first?["public"] as? String == "./team.pub")
      for name in ["", "a/b", ".hidden", "-x", "ä", String(repeating: "x", count: 65)] {
        #expect(try box.tool("keys", "generate", .init("--name=\(name)")).run().ending == .exited(64), "\(name)")
      }
    }
  }

  /// What we sign, Debian's tools verify; what they make, we take.
  @Test(.needs(hasTools, "minisign and signify-openbsd: `make setup-tests` installs them"))
  func otherToolsVerifyAndSign() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let (entry, signature) = try files(box, lower, "one.wasm")
      let name = URL(fileURLWithPath: entry).lastPathComponent
      let engine =
        try JSONSerialization.jsonObject(
          with: Data(contentsOf: URL(fileURLWithPath: try self.engine(lower) + "/engine.json"))) as? [String: Any]
      let identity = try #require(engine?["identity"] as? String)
      let directory = "cranelift-\(try #require(engine?["version"] as? String))-\(identity)"
      let digest = try Tool.shell("sha256sum < \"$1\"", [entry]).prefix(64)
      try box.write("SHA256 (\(directory)/\(name)) = \(digest)\n", to: "line")
      func tool(_ program: String, _ arguments: Argument...) throws -> CommandResult {
        try box.command(program, arguments).run()
      }
      func expectGood(_ result: CommandResult, _ text: String) {
        #expect(result.ending == .exited(0) && result.output.contains(text), "\(result)")
      }
      expectGood(
        try tool("minisign", "-V", "-p", "ci.pub", "-m", "line", "-x", .init(signature)),
        "Signature and comment signature verified")
      expectGood(
        try tool("signify-openbsd", "-V", "-p", "ci.pub", "-m", "line", "-x", .init(signature)), "Signature Verified")
      // signify compares the artifact's bytes, too, if the signature and the line are one file.
      try FileManager.default.createDirectory(atPath: "\(box.work)/\(directory)", withIntermediateDirectories: false)
      try FileManager.default.copyItem(
        atPath: URL(fileURLWithPath: entry).resolvingSymlinksInPath().path, toPath: "\(box.work)/\(directory)/\(name)")
      _ = try Tool.shell("(head -n 2 \"$1\"; cat \"$2/line\") > \"$2/embedded\"", [signature, box.work])
      expectGood(try tool("signify-openbsd", "-C", "-p", "ci.pub", "-x", "embedded"), "Signature Verified")

      // Their signatures with our key, and with keys of their own.
      func expectTaken(_ key: String) throws {
        let run = try box.tool(
          "--frozen", "--cache-dir", "empty", "--lower-cache", .init(lower), "--trust", .init(key), "one.wasm"
        ).run()
        #expect(run.ending == .exited(0), "\(key): \(run.errors)")
      }
      #expect(try tool("signify-openbsd", "-S", "-s", "ci.sec", "-m", "line", "-x", .init(signature)).status == 0)
      try expectTaken("ci.pub")
      #expect(try tool("signify-openbsd", "-G", "-n", "-p", "s.pub", "-s", "s.sec").status == 0)
      #expect(try tool("signify-openbsd", "-S", "-s", "s.sec", "-m", "line", "-x", .init(signature)).status == 0)
      try expectTaken("s.pub")
      #expect(try tool("minisign", "-G", "-W", "-p", "m.pub", "-s", "m.key").status == 0)
      #expect(
        try tool("minisign", "-S", "-l", "-s", "m.key", "-m", "line", "-x", .init(signature)).status == 0)
      try expectTaken("m.pub")
      // Their keys sign here.
      for (secret, key) in [("s.sec", "s.pub"), ("m.key", "m.pub")] {
        _ = try Tool.shell("chmod 600 \"$1\"", ["\(box.work)/\(secret)"])
        try box.succeed("cache", "sign", "--replace", "--sign-with", .init(secret), "--cache-dir", .init(lower))
        try expectTaken(key)
      }
      // minisign's usual kind is of a hash.
      #expect(try tool("minisign", "-S", "-s", "m.key", "-m", "line", "-x", .init(signature)).status == 0)
      let hashed = try box.tool(
        "--frozen", "--cache-dir", "other", "--lower-cache", .init(lower), "--trust", "m.pub", "one.wasm"
      ).run()
      #expect(
        hashed.errorLines.first
          == "wasmprecompile: warning: lower cache \(lower): its artifact's signature is none: it signs a hash (ED), not "
          + "the text itself: `minisign -S -l` signs that: one.wasm is missing")
    }
  }

  private static let hasTools = ["minisign", "signify-openbsd"].allSatisfy {
    access("/usr/bin/\($0)", X_OK) == 0
  }

  // MARK: Lower caches

  @Test func whatATrustedKeySignedIsTaken() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      for _ in 1...2 {
        let run = try box.succeed("--lower-cache", .init(lower), "--trust", "other.pub", "--trust", "ci.pub", ".")
        #expect(run.errors.masked == "3 modules: nothing to compile, all up to date (3 in lower caches) (TIME)\n")
      }
      let path = try box.succeed("path", "--lower-cache", .init(lower), "--trust", "ci.pub", "one.wasm").outputLines
      #expect(path.first?.hasPrefix(lower) == true)
      let run = try box.succeed(
        "run", "--lower-cache", .init(lower), "--trust", "ci.pub", "--invoke", "value", "two.wasm")
      #expect(run.output == "1\n" && run.errors.isEmpty)
    }
  }

  @Test func whatIsNotSignedIsCompiledHere() throws {
    try Sandbox.use { box in
      let lower = try below(box, signedBy: nil)
      let trust: [Argument] = ["--lower-cache", .init(lower), "--trust", "ci.pub"]
      let check = try box.tool(["--check", "--explain"] + trust + ["."]).run()
      #expect(check.ending == .exited(1))
      #expect(
        check.errorLines.first
          == "wasmprecompile: warning: lower cache \(lower): 3 artifacts are not signed: ./one.wasm and 2 more are missing"
      )
      #expect(
        Set(check.outputLines)
          == Set(Self.names.map { "would compile ./\($0).wasm with cranelift (signature refused)" }))
      let run = try box.succeed(trust + ["."])
      #expect(
        run.errorLines.first
          == "wasmprecompile: warning: lower cache \(lower): 3 artifacts are not signed: ./one.wasm and 2 more are compiled "
          + "instead")
      #expect(
        run.errors.masked.contains(
          "3 modules: 3 compiled, 0 up to date, 3 without a trusted signature (SIZE → SIZE in TIME)\n"))
      let stats = try box.succeed("cache", "stats").output
      #expect(stats.contains("3: 3 signature refused"), "\(stats)")
      // What is here is not looked for there again.
      #expect(
        try box.succeed(trust + ["."]).errors.masked.hasPrefix("3 modules: nothing to compile, all up to date (TIME)"))
      let path = try box.succeed(["path"] + trust + ["one.wasm"]).outputLines
      #expect(path.first?.hasPrefix(box.cache) == true)
    }
  }

  @Test func pathAndRunAskForSignatures() throws {
    try Sandbox.use { box in
      let lower = try below(box, signedBy: "other.sec")
      let trust: [Argument] = ["--lower-cache", .init(lower), "--trust", "ci.pub"]
      let warning =
        "wasmprecompile: warning: lower cache \(lower): its artifact is signed by a key that is not trusted "
        + "(\(try id(box, "other"))): one.wasm is "
      let path = try box.tool(["path"] + trust + ["one.wasm"]).run()
      #expect(path.ending == .exited(1) && path.output.isEmpty)
      #expect(
        path.errorLines == [
          warning + "missing",
          "one.wasm: error: the cache has no artifact for cranelift: signature refused; make it with --compile",
        ])
      let compiled = try box.succeed(["path", "--compile"] + trust + ["one.wasm"])
      #expect(compiled.errorLines == [warning + "compiled instead"])
      #expect(compiled.outputLines.first?.hasPrefix(box.cache) == true)
      let run = try box.succeed(["run"] + trust + ["--invoke", "value", "two.wasm"])
      #expect(run.output == "1\n")
      let exported = try box.tool(["--frozen", "--output", "out"] + trust + ["three.wasm"]).run()
      #expect(exported.ending == .exited(1))
      #expect(!FileManager.default.fileExists(atPath: "\(box.work)/out/three.cwasm"))
    }
  }

  /// Signatures that are good, and of something else: another module, other settings, another artifact.
  @Test func movedSignaturesAreRefused() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      try box.succeed("-q", "--opt-level", "none", "--cache-dir", .init(lower), "--sign-with", "ci.sec", "two.wasm")
      let one = try files(box, lower, "one.wasm")
      let two = try files(box, lower, "two.wasm")
      let three = try files(box, lower, "three.wasm")
      let bare = try box.succeed("path", "--opt-level", "none", "--cache-dir", .init(lower), "two.wasm").outputLines[0]
      // From another module; of other settings; and an artifact that was put in another's place, with its signature.
      _ = try Tool.shell(
        """
        cp -f "$2" "$1"; cp -f "$4.minisig" "$3.minisig"
        ln -sfn "$(readlink "$6")" "$5"; cp -f "$6.minisig" "$5.minisig"
        """, [one.signature, three.signature, two.entry, bare, three.entry, one.entry])
      let run = try box.succeed("--lower-cache", .init(lower), "--trust", "ci.pub", ".")
      #expect(
        run.errorLines.dropLast(4).sorted()
          == ["one", "three", "two"].map {
            "wasmprecompile: warning: lower cache \(lower): its artifact's signature by ci.pub is wrong: it was made for "
              + "something else, or changed: ./\($0).wasm is compiled instead"
          })
      #expect(run.errors.masked.contains("3 modules: 3 compiled, 0 up to date, 3 without a trusted signature "))
      for (number, name) in Self.names.enumerated() {
        let value = try box.succeed(
          "run", "--lower-cache", .init(lower), "--trust", "ci.pub", "--invoke", "value", .init("\(name).wasm"))
        #expect(value.output == "\(number)\n")
      }
    }
  }

  /// With many modules, directories that did not change spare the looks at entries. They do so for the keys that were trusted.
  @Test func manyModulesAreLookedAtAgainForOtherKeys() throws {
    try Sandbox.use { box in
      for name in ["ci", "other"] { try box.succeed("keys", "generate", "--name", .init(name)) }
      for number in 0..<100 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      try box.succeed("-q", "--cache-dir", "lower", "--sign-with", "ci.sec", "m")
      func run(_ keys: String...) throws -> String {
        let trust = keys.flatMap { ["--trust", Argument($0)] as [Argument] }
        return try box.tool(["--check", "--lower-cache", "lower"] + trust + ["m"]).run().errors.masked
      }
      // A cache of one's own is there, as it is on any machine.
      try box.write(WasmBinary.returning(1000), to: "own.wasm")
      try box.succeed("-q", "own.wasm")
      let good = "100 modules: 0 to compile, 100 up to date (100 in lower caches) (TIME)\n"
      for _ in 1...2 {
        try box.succeed("-q", "--lower-cache", "lower", "--trust", "ci.pub", "m")
        #expect(try run("ci.pub") == good)
      }
      #expect(try run("other.pub").contains(": 100 artifacts are signed by a key that is not trusted ("))
      #expect(try run("other.pub", "ci.pub") == good)
      #expect(try run("ci.pub") == good)
    }
  }

  // MARK: Keys that cannot be used

  @Test func badKeysAreNamedWithTheFix() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      func complaint(_ arguments: Argument...) throws -> String {
        let run = try box.tool(arguments + ["--lower-cache", .init(lower), "one.wasm"]).run()
        #expect(run.ending == .exited(64) && run.output.isEmpty, "\(run)")
        return run.errors.replacing("wasmprecompile: error: ", with: "")
      }
      #expect(
        try complaint("--trust", "missing.pub")
          == "--trust missing.pub: cannot read the key: no such file or directory\n")
      #expect(
        try complaint("--trust", "ci.sec")
          == "--trust ci.sec: is not a public key: it is a secret one, which nobody else needs: name the file beside it that "
          + "ends in .pub\n")
      #expect(
        try complaint("--sign-with", "ci.pub")
          == "--sign-with ci.pub: is not a secret key: it is a public one: name the file beside it that is kept secret\n"
      )
      _ = try Tool.shell("chmod 640 \"$1\"", ["\(box.work)/ci.sec"])
      #expect(
        try complaint("--sign-with", "ci.sec")
          == "--sign-with ci.sec: other users may read it: `chmod 600 ci.sec`, and take a new key if one of them could sign "
          + "with it\n")
      #expect(try complaint("run", "--trust", "missing.pub").hasPrefix("--trust missing.pub: "))
      #expect(try complaint("path", "--trust", "missing.pub").hasPrefix("--trust missing.pub: "))
      // A run that stores nothing needs no key.
      _ = try box.succeed("path", "--sign-with", "ci.sec", "--lower-cache", .init(lower), "one.wasm")
      #expect(mkfifo("\(box.work)/fifo", 0o600) == 0)
      #expect(try complaint("--trust", "fifo") == "--trust fifo: cannot read the key: it is a FIFO\n")
      #expect(try complaint("--sign-with", "fifo") == "--sign-with fifo: cannot read the key: it is a FIFO\n")
      try box.link("zero", to: "/dev/zero")
      #expect(try complaint("--trust", "zero") == "--trust zero: cannot read the key: it is a character device\n")
    }
  }

  @Test func usersSettleKeysAndProjectsDoNot() throws {
    try Sandbox.use { box in
      let lower = try below(box, signedBy: nil)
      var run = box.tool("--lower-cache", .init(lower), "--check", "one.wasm")
      run.environment["WASMPRECOMPILE_TRUST"] = "ci.pub,other.pub"
      #expect(try run.run().errorLines.first?.hasSuffix("its artifact is not signed: one.wasm is missing") == true)
      try FileManager.default.createDirectory(
        atPath: "\(box.path)/home/.config/wasmprecompile", withIntermediateDirectories: true)
      try "trust = [\"\(box.work)/ci.pub\"]\nsign-with = \"\(box.work)/ci.sec\"\n".write(
        toFile: "\(box.path)/home/.config/wasmprecompile/config.toml", atomically: false, encoding: .utf8)
      let settled = try box.tool("--lower-cache", .init(lower), "--check", "one.wasm").run()
      #expect(settled.errorLines.first?.hasSuffix("its artifact is not signed: one.wasm is missing") == true)
      try box.succeed("-q", "one.wasm")
      #expect(
        try box.succeed("cache", "verify", "--signatures").outputLines.last == "signatures: 1 good (1 by ci.pub)")
      for (key, value) in [("trust", "[\"ci.pub\"]"), ("sign-with", "\"ci.sec\"")] {
        try box.write("\(key) = \(value)\n", to: ".wasmprecompile.toml")
        let refused = try box.tool("one.wasm").run()
        #expect(refused.ending == .exited(64))
        #expect(
          refused.errors.contains(
            "\(key) may not be set by a project: it decides what code runs, is trusted or is kept; use --\(key), "),
          "\(refused.errors)")
      }
    }
  }

  // MARK: Looking after signatures

  @Test func verifyChecksSignatures() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let cache: [Argument] = ["--cache-dir", .init(lower)]
      let verify: [Argument] = ["cache", "verify", "--signatures"] + cache
      let good = try box.succeed(verify + ["--trust", "ci.pub", "--trust", "other.pub"])
      #expect(good.output.masked == "3 entries, SIZE: all good\nsignatures: 3 good (3 by ci.pub)\n")
      let one = try files(box, lower, "one.wasm")
      let two = try files(box, lower, "two.wasm")
      try FileManager.default.removeItem(atPath: one.signature)
      try FileManager.default.removeItem(atPath: two.signature)
      try FileManager.default.copyItem(
        atPath: try files(box, lower, "three.wasm").signature, toPath: two.signature)
      let bad = try box.tool(verify + ["--trust", "ci.pub"]).run()
      #expect(bad.ending == .exited(1))
      #expect(
        Set(bad.errorLines) == [
          "\(one.entry): error: its artifact is not signed",
          "\(two.entry): error: its artifact's signature by ci.pub is wrong: it was made for something else, or changed",
        ])
      #expect(
        bad.output.masked
          == "3 entries, SIZE: all with good bytes\nsignatures: 1 good (1 by ci.pub), 2 without a trusted signature\n")
      let json = try MachineOutput(
        try box.tool(verify + ["--trust", "ci.pub", "--format", "json"]).run().output, in: box)
      #expect(json.of("fault").count == 2)
      #expect((json.objects.last?["signatures"] as? [String: Int]) == ["good": 1, "refused": 2])
      let keyless = try box.tool(verify).run()
      #expect(
        keyless.errors
          == "wasmprecompile: error: --signatures needs keys: name the public ones that count with --trust\n")
      #expect(keyless.ending == .exited(64))

      // Signed again, all is well. What is good is left alone.
      let signed = try box.succeed(["cache", "sign", "--sign-with", "ci.sec"] + cache)
      #expect(signed.output == "2 artifacts signed, 1 signed before\n")
      try box.succeed(verify + ["--trust", "ci.pub"])
      let other = try box.succeed(["cache", "sign", "--sign-with", "other.sec"] + cache)
      #expect(
        other.output
          == "0 artifacts signed, 3 signed by another key (\(try id(box, "ci"))); --replace signs them, too\n")
      let replaced = try MachineOutput(
        try box.succeed(["cache", "sign", "--replace", "--sign-with", "other.sec", "--format", "json"] + cache).output,
        in: box)
      #expect(replaced.of("signed").count == 3 && replaced.objects.last?["signed"] as? Int == 3)
      try box.succeed(verify + ["--trust", "other.pub"])
    }
  }

  @Test func signNeedsAKeyAndSoundArtifacts() throws {
    try Sandbox.use { box in
      let lower = try below(box, signedBy: nil)
      let cache: [Argument] = ["--cache-dir", .init(lower)]
      let keyless = try box.tool(["cache", "sign"] + cache).run()
      #expect(keyless.ending == .exited(64))
      #expect(
        keyless.errors
          == "wasmprecompile: error: no key to sign with: name its file with --sign-with, or make one: `keys generate`\n"
      )
      let one = try files(box, lower, "one.wasm")
      try flipBit(ofArtifactAt: one.entry)
      let run = try box.tool(["cache", "sign", "--sign-with", "ci.sec"] + cache).run()
      #expect(run.ending == .exited(1))
      #expect(run.output == "2 artifacts signed, 1 bad and not signed\n")
      #expect(run.errors.hasPrefix("\(one.entry): error: its artifact is corrupt: "))
      #expect(!FileManager.default.fileExists(atPath: one.signature))
      let nowhere = try box.tool("cache", "sign", "--sign-with", "ci.sec", "--cache-dir", "none").run()
      #expect(nowhere.ending == .exited(73) && nowhere.errors.contains("cannot open the cache: there is none"))
    }
  }

  @Test func signaturesGoAndStayWithTheirEntries() throws {
    try Sandbox.use { box in
      let lower = try below(box)
      let cache: [Argument] = ["--cache-dir", .init(lower)]
      #expect(try box.succeed(["cache", "list"] + cache).outputLines.count == 4, "a heading and the three")
      let (_, signature) = try files(box, lower, "one.wasm")
      // A copy keeps them.
      _ = try Tool.shell("cp -a \"$1\" \"$2\"", [lower, "\(box.work)/copy"])
      #expect(
        try box.succeed("--lower-cache", "copy", "--trust", "ci.pub", ".").errors.masked
          == "3 modules: nothing to compile, all up to date (3 in lower caches) (TIME)\n")
      try box.succeed(["cache", "clear", "one.wasm"] + cache)
      #expect(!FileManager.default.fileExists(atPath: signature))
      try box.succeed(["cache", "clear"] + cache)
      #expect(try FileManager.default.contentsOfDirectory(atPath: lower + "/v1/engines").isEmpty)
    }
  }
}
