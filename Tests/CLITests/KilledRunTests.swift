import Foundation
import Glibc
import TestSupport
import Testing

/// Whenever a run is killed, no child lives on, every entry is whole, and the next run cleans up and completes.
@Suite struct KilledRunTests {
  /// `WASMPRECOMPILE_TEST_KILLS` says how many runs are killed, and lets the whole corpus take part.
  private static let wantedKills = ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_KILLS"].flatMap { Int($0) }

  @Test func killedAtAnyMomentWithEveryBackend() throws {
    try Sandbox.use { box in
      try Examples.copy(to: "build", in: box)
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "build/\(number).wasm") }
      if Self.wantedKills != nil {
        for module in Corpus.modules where Self.size(module) < 13_000 {
          let file = URL(filePath: module)
          try box.write(Array(Data(contentsOf: file)), to: "build/" + file.lastPathComponent)
        }
      }
      let backends: [Argument] = ["--backend", "cranelift", "--backend", "winch", "--backend", "pulley"]
      try kill(Self.wantedKills ?? 10, backends + ["build"], in: box)
    }
  }

  /// So many small modules that their artifacts are published together.
  @Test func killedAmongManySmallModules() throws {
    try Sandbox.use { box in
      for number in 1...300 { try box.write(WasmBinary.returning(number), to: "build/\(number).wasm") }
      try kill(Self.wantedKills ?? 10, ["--backend", "winch", "build"], in: box)
    }
  }

  @Test(
    .enabled(
      if: wantedKills != nil && Corpus.isPresent, "takes minutes and the corpus: set WASMPRECOMPILE_TEST_KILLS=50"))
  func killedAtAnyMomentOfTheWholeCorpus() throws {
    try Sandbox.use { box in try kill(min(50, Self.wantedKills ?? 0), ["\(Corpus.path)"], in: box) }
  }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : .max
  }

  /// What a killed run left.
  private enum Remains: String, CaseIterable {
    case nothing = "no cache"
    case noEntry = "no entry"
    case someEntries = "some entries"
    case allEntries = "all entries"
  }

  private func remains(in box: Sandbox, of whole: Int) -> Remains {
    guard FileManager.default.fileExists(atPath: box.cache) else { return .nothing }
    let entries = box.engines.reduce(0) { $0 + box.entries($1).count }
    return entries == 0 ? .noEntry : entries < whole ? .someEntries : .allEntries
  }

  /// Kills runs with an empty cache, and looks after each at what is left.
  private func kill(_ kills: Int, _ arguments: [Argument], in box: Sandbox) throws {
    var duration = Double.infinity
    var lines = 0
    for _ in 1...3 {
      if duration < .infinity { try box.removeCache() }
      let start = Date.now
      lines = try box.succeed(arguments).errorLines.count
      duration = min(duration, Date.now.timeIntervalSince(start))
    }
    let complete = try box.succeed("cache", "verify").output
    let entries = box.engines.reduce(0) { $0 + box.entries($1).count }

    var found: [Remains: Int] = [:]
    var unpublished = 0
    for number in 0..<kills {
      try box.removeCache()
      let run = try box.tool(arguments).start()
      // The moment is what varies here: any time of the run, and every other time a while into compiling.
      let place = Double.random(in: 0..<1)
      if number.isMultiple(of: 2) {
        usleep(useconds_t(place * duration * 1e6))
      } else {
        let wanted = Int(place * Double(lines))
        #expect(eventually { run.errorsSoFar.lines.count >= wanted })
      }
      run.send(SIGKILL)
      let wasRunning = run.wait().ending == .signalled(SIGKILL)
      box.expectNoProcess()
      if wasRunning {
        found[remains(in: box, of: entries), default: 0] += 1
        if !box.temporaryFiles.isEmpty { unpublished += 1 }
      }

      let verified = try box.tool("cache", "verify").run()
      #expect(verified.ending == .exited(0), "\(verified.errors)")
      #expect(verified.output.hasSuffix(": all good\n"))
      try box.succeed(arguments)
      #expect(try box.succeed("cache", "verify").output == complete)
      #expect(box.temporaryFiles == [])
    }
    let killed = found.values.reduce(0, +)
    let words = Remains.allCases.map { "\(found[$0] ?? 0) with \($0.rawValue)" }.joined(separator: ", ")
    print("killed \(killed) of \(kills) runs while they ran: \(words); \(unpublished) left unpublished files")
    #expect(2 * killed > kills)
    #expect(found[.someEntries, default: 0] > 0)
  }
}
