import Foundation
import Glibc
import TestSupport
import Testing

extension Sandbox {
  /// Says that an artifact was used last some days ago.
  func setLastUse(of entry: String, daysAgo days: Int, _ location: SourceLocation = #_sourceLocation) throws {
    let past = timespec(tv_sec: time(nil) - days * 86_400, tv_nsec: 0)
    try #require(
      utimensat(AT_FDCWD, entry, [past, past], AT_SYMLINK_NOFOLLOW) == 0, sourceLocation: location)
  }

  /// The path of a module's artifact, which must be there.
  func artifact(_ arguments: Argument..., location: SourceLocation = #_sourceLocation) throws -> String {
    let line = try succeed(["path"] + arguments, location: location).outputLines.first
    return try #require(line, sourceLocation: location)
  }
}

/// `cache list` and `cache stats`.
@Suite struct CacheContentsTests {
  /// Identities, hashes and the like, which differ between engines and machines.
  private func masked(_ text: String) -> [String] {
    text.masked.replacing(#/\b[0-9a-f]{12,16}\b/#, with: "HEX").replacing(#/ {2,}/#, with: "  ").lines
  }

  @Test func anAbsentCacheHoldsNothing() throws {
    try Sandbox.use { box in
      let list = try box.succeed("cache", "list")
      #expect(list.output == "")
      #expect(
        masked(try box.succeed("cache", "stats").output)
          == masked("cache  \(box.cache)") + [
            "artifacts  0 of 0 modules, SIZE in 0 files", "hits  0", "misses  0",
            "compiling  TIME spent, about TIME saved", "since  never",
            "limit  SIZE, 0 % used; runs keep to it once an hour",
          ])
      #expect(try box.succeed("cache", "gc").output == "nothing to remove: 0 artifacts, 0 B\n")
      #expect(!FileManager.default.fileExists(atPath: box.cache))
    }
  }

  @Test func everyArtifactIsListedWithItsModule() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      try box.succeed(".")
      try box.succeed("--backend", "winch", "--opt-level", "none", "two.wasm")
      let old = try box.artifact("one.wasm")
      try box.setLastUse(of: old, daysAgo: 40)
      let hashes = try box.succeed("hash", "one.wasm", "two.wasm").outputLines.map { String($0.prefix(12)) }
      let list = try box.succeed("cache", "list").output
      #expect(masked(list).count == 4)
      let rows = list.masked.replacing(#/ {2,}/#, with: "|").lines.map { $0.split(separator: "|").map(String.init) }
      #expect(rows[0] == ["module", "hash", "backend", "size", "age", "last use"])
      #expect(rows[1].prefix(3) == ["\(box.work)/one.wasm", hashes[0], "cranelift"])
      #expect(rows[1].dropFirst(3) == ["SIZE", "TIME", "40 days"])
      #expect(rows[2].prefix(3) == ["\(box.work)/two.wasm", hashes[1], "cranelift"])
      #expect(rows[3].prefix(3) == ["\(box.work)/two.wasm", hashes[1], "winch"])
      #expect(rows[3].count == 6)

      #expect(try box.succeed("cache", "list", "--sort", "last-use").outputLines[1].contains("/one.wasm"))
      let json = try MachineOutput(try box.succeed("cache", "list", "--format", "json").output, in: box)
      #expect(json.types == ["start", "artifact", "artifact", "artifact", "summary"])
      let first = try #require(json.of("artifact").first)
      #expect(first["artifact"] as? String == old)
      #expect(first["path"] as? String == "\(box.work)/one.wasm")
      #expect(
        first["artifact_size"] as? Int == FileManager.default.contents(atPath: old)?.count)
      let sizes = json.of("artifact").compactMap { $0["artifact_size"] as? Int }
      #expect(json.objects.last?["artifact_bytes"] as? Int == sizes.reduce(0, +))

      // Without the catalog, nobody knows where a module was.
      for name in try FileManager.default.contentsOfDirectory(atPath: box.cache + "/v1")
      where name.hasPrefix("catalog") {
        try FileManager.default.removeItem(atPath: box.cache + "/v1/" + name)
      }
      #expect(try box.succeed("cache", "list").outputLines[1].hasPrefix("-  "))
    }
  }

  @Test func hitsAndMissesAreCountedUntilToldToBeginAnew() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed("--backend", "winch", "1.wasm", "2.wasm")
      try box.succeed("--backend", "winch", ".")
      try box.succeed("3.wasm")
      let text = masked(try box.succeed("cache", "stats").output)
      #expect(text[1] == "artifacts  4 of 3 modules, SIZE in 4 files")
      #expect(text[2].hasPrefix("  cranelift  1, SIZE, wasmtime 50 HEX"))
      #expect(text[3].hasPrefix("  winch  3, SIZE, wasmtime 50 HEX"))
      #expect(text[4...5] == ["hits  2", "misses  4: 3 new module, 1 new target"])
      #expect(text[7].wholeMatch(of: #/since  \d{4}-\d\d-\d\d \d\d:\d\d/#) != nil)

      let lines = try MachineOutput(try box.succeed("cache", "stats", "--zero", "--format", "json").output, in: box)
      let statistics = try #require(lines.of("statistics").first)
      #expect(statistics["hits"] as? Int == 2)
      #expect((statistics["misses"] as? [String: Int])?["new_module"] == 3)
      #expect((statistics["saved_nanoseconds"] as? Int ?? 0) > 0)
      #expect((statistics["engines"] as? [[String: Any]])?.compactMap { $0["artifacts"] as? Int } == [1, 3])
      #expect(masked(try box.succeed("cache", "stats").output)[4...5] == ["hits  0", "misses  0"])
    }
  }
}
