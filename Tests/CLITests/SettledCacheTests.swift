import Foundation
import TestSupport
import Testing

/// Runs that look at the cache's directories instead of its entries still see what is missing.
@Suite struct SettledCacheTests {
  private static let count = 120

  /// Runs the tool until it has found every entry in a cache that was quiet for long enough to be believed.
  private func settle(_ box: Sandbox) throws {
    func states() throws -> Int {
      let query =
        "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from fingerprints').fetchone()[0])"
      let output = try box.command("python3", ["-c", Argument(query), "\(box.cache)/v1/catalog.sqlite"]).run().output
      return Int(output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
    let before = try states()
    var problem: (any Error)?
    let isSettled = eventually {
      do {
        try box.succeed("--backend", "winch", ".")
        return try states() > before
      } catch {
        problem = error
        return true
      }
    }
    if let problem { throw problem }
    #expect(isSettled)
  }

  @Test func whatGoesIsMissedAndMadeAgain() throws {
    try Sandbox.use { box in
      for number in 0..<Self.count { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      func run(_ options: Argument...) throws -> String {
        try box.succeed(["--backend", "winch", "--explain"] + options + ["."]).errorLines.last?.masked ?? ""
      }
      #expect(try run() == "120 modules: 120 compiled, 0 up to date (SIZE → SIZE in TIME)")
      // That run looked once more itself.
      #expect(try run() == "120 modules: nothing to compile, all up to date (TIME)")
      #expect(try run("--rehash") == "120 modules: nothing to compile, all up to date (TIME)")

      let engine = "\(box.cache)/v1/engines/\(try #require(box.engines.first))"
      let entry = engine + "/" + (try #require(box.entries(box.engines[0]).first))
      try FileManager.default.removeItem(atPath: entry)
      #expect(try run() == "120 modules: 1 compiled, 119 up to date (SIZE → SIZE in TIME)")
      try settle(box)

      try FileManager.default.removeItem(at: URL(filePath: entry).resolvingSymlinksInPath())
      #expect(try run() == "120 modules: 1 compiled, 119 up to date (SIZE → SIZE in TIME)")
      try settle(box)

      try FileManager.default.removeItem(atPath: "\(box.cache)/v1/objects")
      #expect(try run() == "120 modules: 120 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(box.entries(box.engines[0]).count == Self.count)
    }
  }
}
