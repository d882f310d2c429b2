import Foundation
import TestSupport
import Testing

/// `cache list`, `cache clear` and `cache gc` name modules, and take their names.
@Suite struct NamedModulesTests {
  private func fill(_ box: Sandbox) throws {
    for number in 1...2 { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
    try box.write(WasmBinary.returning(3), to: "other.wasm")
    try box.succeed("--backend", "winch", "tree", "other.wasm")
  }

  private func listed(_ box: Sandbox, _ paths: Argument...) throws -> [String] {
    let lines = try box.succeed(["cache", "list"] + paths).outputLines.dropFirst()
    return lines.map { line in
      String(line.prefix { $0 != " " }).replacing("\(box.work)/", with: "")
    }
  }

  @Test func onlyWhatIsNamedIsListed() throws {
    try Sandbox.use { box in
      try fill(box)
      #expect(try listed(box) == ["other.wasm", "tree/1.wasm", "tree/2.wasm"])
      #expect(try listed(box, "tree") == ["tree/1.wasm", "tree/2.wasm"])
      #expect(try listed(box, "tree/2.wasm", "other.wasm") == ["other.wasm", "tree/2.wasm"])
      // What was there last counts, too.
      try box.remove("tree/1.wasm")
      #expect(try listed(box, "tree/1.wasm") == ["tree/1.wasm"])
      let none = try box.succeed("cache", "list", "absent")
      #expect(none.output == "")
      #expect(none.errors == "\(box.cache): holds no artifacts of absent\n")
    }
  }

  @Test func anEmptyCacheSaysSo() throws {
    try Sandbox.use { box in
      let run = try box.succeed("cache", "list")
      #expect(run.output == "")
      #expect(run.errors == "\(box.cache): holds no artifacts\n")
    }
  }

  @Test func theEngineIsNamedOnlyWhereThereAreSeveral() throws {
    try Sandbox.use { box in
      try fill(box)
      #expect(
        try box.succeed("cache", "list", "other.wasm").outputLines.first?.split(
          separator: " ", omittingEmptySubsequences: true)
          == ["module", "hash", "backend", "size", "age", "last", "use"])
    }
  }

  @Test func onlyWhatIsNamedIsCleared() throws {
    try Sandbox.use { box in
      try fill(box)
      #expect(
        try box.succeed("cache", "clear", "tree/1.wasm").output.masked
          == "removed 1 artifact, SIZE; 2 artifacts, SIZE are left\n")
      #expect(try listed(box) == ["other.wasm", "tree/2.wasm"])
      #expect(
        try box.succeed("--backend", "winch", "tree", "other.wasm").errorLines.last?.masked
          == "3 modules: 1 compiled, 2 up to date (SIZE → SIZE in TIME)")
      let json = try box.succeed("cache", "clear", "--format", "json", "tree")
      let lines = try MachineOutput(json.output, in: box)
      #expect(lines.of("evicted").map { $0["cause"] as? String } == ["named", "named"])
      #expect(
        Set(lines.of("evicted").compactMap { ($0["paths"] as? [String])?.first })
          == ["\(box.work)/tree/1.wasm", "\(box.work)/tree/2.wasm"])
      #expect(try listed(box) == ["other.wasm"])
      #expect(
        try box.succeed("cache", "clear", "absent").output.masked == "nothing to remove: 1 artifact, SIZE\n")
    }
  }

  @Test func whatWouldGoIsNamedAsInTheList() throws {
    try Sandbox.use { box in
      try fill(box)
      #expect(
        Set(try box.succeed("cache", "gc", "-n", "--max-size", "1B").outputLines.dropLast().map(\.masked))
          == Set(
            ["tree/1.wasm", "tree/2.wasm", "other.wasm"].map {
              "would remove \(box.work)/\($0) with winch, SIZE: least recently used"
            }))
    }
  }

  @Test func programsCanReadWhatIsVerifiedAndSet() throws {
    try Sandbox.use { box in
      try fill(box)
      let good = try MachineOutput(try box.succeed("cache", "verify", "--format", "json").output, in: box)
      #expect(good.types == ["start", "summary"])
      #expect(good.objects.last?["entries"] as? Int == 3 && good.objects.last?["bad"] as? Int == 0)
      let object = try #require(
        FileManager.default.enumerator(atPath: box.cache + "/v1/objects")?.compactMap { $0 as? String }
          .first { $0.contains("/") })
      let path = box.cache + "/v1/objects/" + object
      _ = try box.command("sh", ["-c", "chmod u+w \"$0\" && printf x >>\"$0\"", "\(path)"]).run()
      let run = try box.tool("cache", "verify", "--format", "json").run()
      #expect(run.ending == .exited(1) && run.errors == "")
      let bad = try MachineOutput(run.output, in: box)
      #expect(bad.types == ["start", "fault", "summary"])
      #expect(bad.of("fault").first?["link_lost"] as? Bool == false && bad.of("fault").first?["repair"] is NSNull)
      #expect(bad.objects.last?["bad"] as? Int == 1)

      var command = box.tool("config", "show", "--format", "json")
      command.environment["WASMPRECOMPILE_JOBS"] = "3"
      let settings = try MachineOutput(try command.run().output, in: box)
      let jobs = try #require(settings.of("setting").first { $0["key"] as? String == "jobs" })
      #expect(jobs["values"] as? [String] == ["3"] && jobs["origin"] as? String == "environment")
      #expect(jobs["variable"] as? String == "WASMPRECOMPILE_JOBS")
    }
  }

  /// Modules that differ in a custom section have the same artifact. It stays for the other one.
  @Test func whatWasDroppedIsNotCalledLost() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "1.wasm")
      try box.write(WasmBinary.empty + WasmBinary.section(0, WasmBinary.name("note")), to: "2.wasm")
      try box.succeed(".")
      let dropped = try box.succeed("cache", "clear", "1.wasm").output
      #expect(dropped.masked == "removed 1 artifact, SIZE; 1 artifact, SIZE are left\n")
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
    }
  }
}
