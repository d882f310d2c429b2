import Foundation
import Glibc
import TestSupport
import Testing

/// A watched tree whose directories come and go, and one that is too large to watch.
@Suite struct WatchTreeTests {
  @Test func aRootThatIsMadeAgainIsPickedUp() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watcher = try Watcher(in: box, modules: 1)
      try box.remove("tree")
      watcher.expect("note: tree: not there: waiting for it")
      watcher.expect("removed tree/a.wasm (its artifacts stay in the cache)")
      try box.write(WasmBinary.returning(2), to: "tree/b.wasm")
      watcher.expect("note: tree: is there again")
      watcher.expectCompiled("b.wasm")
      try box.write(WasmBinary.returning(3), to: "tree/new/c.wasm")
      watcher.expectCompiled("new/c.wasm")
      // Away and back by rename, and another one in its place.
      #expect(rename(box.work + "/tree", box.work + "/aside") == 0)
      watcher.expect("removed tree/b.wasm (its artifacts stay in the cache)")
      try box.write(WasmBinary.returning(4), to: "tree/d.wasm")
      watcher.expectCompiled("d.wasm")
      try box.write(WasmBinary.returning(5), to: "aside/e.wasm")
      try watcher.catchUp()
      let result = watcher.stop()
      #expect(!result.errors.contains("e.wasm"), "what was the root before is nothing to us")
    }
  }

  @Test func aDirectoryThatWasMovedOutIsNotReportedAnyMore() throws {
    try Sandbox.use { box in
      for name in ["stays/a", "goes/b", "goes/deep/c"] {
        try box.write(WasmBinary.returning(1), to: "tree/\(name).wasm")
      }
      let watcher = try Watcher(in: box, modules: 1)
      #expect(rename(box.work + "/tree/goes", box.work + "/outside") == 0)
      watcher.expect("removed tree/goes/b.wasm (its artifacts stay in the cache)")
      watcher.expect("removed tree/goes/deep/c.wasm (its artifacts stay in the cache)")
      let before = watcher.lines.count
      for (number, name) in ["b", "deep/c", "new"].enumerated() {
        try box.write(WasmBinary.returning(10 + number), to: "outside/\(name).wasm")
      }
      try box.remove("outside/b.wasm")
      try watcher.catchUp()
      #expect(watcher.lines.count == before + 2, "\(watcher.lines)")
      // A rename inside is followed under the new name.
      #expect(rename(box.work + "/outside", box.work + "/tree/stays/back") == 0)
      watcher.expectCompiled("stays/back/new.wasm")
      watcher.expectCompiled("stays/back/deep/c.wasm")
      try box.write(WasmBinary.returning(20), to: "tree/stays/back/deep/c.wasm")
      watcher.expectCompiled("stays/back/deep/c.wasm", times: 2)
      watcher.stop()
    }
  }

  @Test func newRootsBelowAWatchedParentAreFollowed() throws {
    try Sandbox.use { box in
      let watch = try box.tool("--watch", "--backend", "winch", "later/tree", "file.wasm").start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 0 modules\n") }, "\(watch.errorsSoFar)")
      #expect(watch.errorsSoFar.contains("note: later/tree: not there: waiting for it\n"))
      try box.write(WasmBinary.returning(1), to: "later/tree/a.wasm")
      #expect(eventually { watch.errorsSoFar.contains("compiled later/tree/a.wasm with winch, ") })
      try box.write(WasmBinary.returning(2), to: "file.wasm")
      #expect(eventually { watch.errorsSoFar.contains("compiled file.wasm with winch, ") })
      watch.send(SIGTERM)
      #expect(watch.wait().ending == .signalled(SIGTERM))
    }
  }

  // MARK: Limits

  /// In a user namespace of its own, whose limit is nobody else's.
  private static let limited: [Argument] = [
    "unshare", "--user", "--map-root-user", "sh", "-ec", #"echo 12 > /proc/sys/user/max_inotify_watches; exec "$@""#,
    "sh",
  ]
  private static let canLimit: Bool = {
    let probe = Command(
      program: "unshare", arguments: limited.dropFirst() + ["true"], environment: ["PATH": "/usr/bin:/bin"],
      directory: "/")
    return (try? probe.run().ending) == .exited(0)
  }()

  @Test(.needs(canLimit, "user name spaces (unshare --user --map-root-user)")) func whatFindsNoWatchIsPolled() throws {
    try Sandbox.use { box in
      for number in 1...30 { try box.write(WasmBinary.returning(number), to: "tree/\(number)/a.wasm") }
      let watcher = try Watcher(in: box, modules: 30, wrapper: Self.limited)
      watcher.expect(
        "note: user.max_inotify_watches is 12, about 1024 are needed: sysctl user.max_inotify_watches=1024")
      for number in 1...30 { try box.write(WasmBinary.returning(100 + number), to: "tree/\(number)/a.wasm") }
      try box.write(WasmBinary.returning(200), to: "tree/new/b.wasm")
      for number in 1...30 { watcher.expectCompiled("\(number)/a.wasm", times: 2) }
      watcher.expectCompiled("new/b.wasm")
      #expect(watcher.stop().errorLines.count { $0.hasPrefix("note: ") } == 1)
    }
  }

  // MARK: Memory

  /// The resident memory of a process in bytes.
  private func residentMemory(_ id: pid_t) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
    let line = try #require(status.lines.first { $0.hasPrefix("VmRSS:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 1024
  }

  /// The library keeps 230 bytes for each directory that ever was, so that it has to be started again after each 10,000:
  /// the 100,000 that `WASMPRECOMPILE_TEST_CHURN` asks for would be 23 MB.
  @Test func directoriesThatAreGoneTakeNoMemory() throws {
    try Sandbox.use { box in
      let count = ChurnSize.isFull ? 100_000 : 11_000
      let watcher = try Watcher(in: box, modules: 0, deadline: ChurnSize.deadline)
      let batch = 1_000
      func makeAndRemove(_ count: Int) throws {
        let paths = (1...batch).map { "\(box.work)/tree/\($0)" }
        // Not more at a time than the kernel's queue holds, and none gone before it was watched.
        for _ in 0..<count / batch {
          for path in paths { try #require(mkdir(path, 0o755) == 0) }
          try watcher.catchUp()
          for path in paths { try #require(rmdir(path) == 0) }
          try watcher.catchUp()
        }
      }
      // What the first cost, they cost once: buffers, tables, the allocator's reserves.
      try makeAndRemove(batch)
      let before = try residentMemory(watcher.command.id)
      try makeAndRemove(count)
      let after = try residentMemory(watcher.command.id)
      #expect(after - before <= 10_000_000, "\(before) bytes, then \(after)")
      let result = watcher.stop()
      #expect(result.errors.contains("directories again to free what deleted ones left behind\n"), "\(result.errors)")
    }
  }
}
