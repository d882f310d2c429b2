import Crypto
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// `WASMPRECOMPILE_TEST_CHURN=20` makes the heavy tests of the watcher as large as they can be, and repeats the churn so
/// often; the suite has small ones.
enum ChurnSize {
  private static let wanted = ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_CHURN"].flatMap { Int($0) }

  static let isFull = wanted != nil
  static let rounds = wanted ?? 1
  static let directories = isFull ? 1_000 : 80
  static let files = isFull ? 10_000 : 800
  static let deadline = isFull ? 1_800.0 : 240
}

/// Nothing is missed, whatever happens to a tree, and however much at once.
@Suite(.serialized) struct WatchChurnTests {
  /// The entries that a run with another cache finds to be needed for the tree as it is now.
  private func needed(_ box: Sandbox) throws -> Set<String> {
    var fresh = box.tool("--backend", "winch", "-q", "--cache-dir", "../fresh", "tree")
    fresh.deadline = ChurnSize.deadline
    #expect(try fresh.run().ending == .exited(0))
    let engines = box.path + "/fresh/v1/engines"
    defer { try? FileManager.default.removeItem(atPath: box.path + "/fresh") }
    let directories = try FileManager.default.contentsOfDirectory(atPath: engines)
    #expect(directories == box.engines, "one engine, the watcher's")
    let names = try directories.flatMap { try FileManager.default.contentsOfDirectory(atPath: engines + "/" + $0) }
    return Set(names.filter { $0.hasSuffix(".cwasm") })
  }

  /// Waits until the watcher has published all that is needed.
  ///
  /// It has made more than that: modules that were there for a while, which nobody can know to be about to go. Of each of
  /// these, what was published must have been there.
  ///
  /// - Parameter contents: all that ever were in a file.
  private func expectNothingMissing(
    _ box: Sandbox, of contents: [[UInt8]], _ location: SourceLocation = #_sourceLocation
  ) throws {
    func name(_ bytes: [UInt8]) -> String {
      SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined() + ".cwasm"
    }
    let needed = try needed(box)
    let engine = try #require(box.engines.first, sourceLocation: location)
    // One after the other, and the first that does not come is waited for alone.
    let missing = needed.first { name in
      !eventually { access("\(box.cache)/v1/engines/\(engine)/\(name)", F_OK) == 0 }
    }
    let published = Set(box.entries(engine))
    #expect(
      missing == nil, "of \(needed.count), \(needed.subtracting(published).count) are missing", sourceLocation: location
    )
    let extra = published.subtracting(needed).subtracting(contents.map(name))
    #expect(extra == [], "never there", sourceLocation: location)
  }

  @Test(arguments: 1...ChurnSize.rounds) func nothingIsMissedWhileSeveralWritersChangeEverything(round: Int) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(-1), to: "tree/first.wasm")
      let watcher = try Watcher(in: box, "-q", modules: nil, deadline: ChurnSize.deadline)
      let churn = Churn(
        root: FilePath(box.work + "/tree"), directories: ChurnSize.directories, files: ChurnSize.files, writers: 4,
        seed: UInt64(round)
      ) { WasmBinary.returning($0) }
      churn.run()
      try expectNothingMissing(box, of: (-1..<2 * ChurnSize.files).map { WasmBinary.returning($0) })
      let result = watcher.stop()
      #expect(result.errors == "", "no module was bad")
      // It may have been interrupted at compiling what has been replaced since; the next run cleans up.
      let again = try box.succeed("--backend", "winch", "tree")
      #expect(again.errors.contains("nothing to compile, all up to date"))
      #expect(box.temporaryFiles == [])
      #expect(try box.succeed("cache", "verify").output.hasSuffix(": all good\n"))
    }
  }

  @Test func aQueueThatOverflowsCausesOneRescan() throws {
    try Sandbox.use { box in
      for number in 1...20 { try box.write(WasmBinary.returning(number), to: "tree/\(number)/a.wasm") }
      let watcher = try Watcher(in: box, modules: 20, deadline: ChurnSize.deadline)
      let text = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
      let queue = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      watcher.command.send(SIGSTOP)
      // Equal events in a row are one for the kernel, so two files take turns.
      // Some more than have room, because it may take some before it has stopped.
      for number in 0...2 * queue {
        close(open(box.work + "/tree/noise\(number % 2)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
      }
      // None of this finds room in the queue.
      for number in 1...5 { try box.write(WasmBinary.returning(100 + number), to: "tree/\(number)/a.wasm") }
      for number in 6...8 { try box.remove("tree/\(number)") }
      #expect(rename(box.work + "/tree/9", box.work + "/tree/moved") == 0)
      try box.write(WasmBinary.returning(200), to: "tree/moved/b.wasm")
      try box.write(WasmBinary.returning(201), to: "tree/new/deep/c.wasm")
      try box.write(WasmBinary.returning(202), to: "tree/6/made-again.wasm")
      watcher.command.send(SIGCONT)
      try expectNothingMissing(box, of: (1...202).map { WasmBinary.returning($0) })
      for number in 7...8 { watcher.expect("removed tree/\(number)/a.wasm (its artifacts stay in the cache)") }
      // Watched as ever.
      try box.write(WasmBinary.returning(300), to: "tree/new/deep/c.wasm")
      watcher.expectCompiled("new/deep/c.wasm", times: 2)
      try watcher.catchUp()
      let notes = watcher.stop().errorLines.filter { $0.hasPrefix("note: ") }
      #expect(
        notes == [
          "note: the kernel dropped file events: listing everything again",
          "note: listed 21 directories again after events were lost once",
        ])
    }
  }
}
