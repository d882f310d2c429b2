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
      // Different ones, so that each is said to be there: what still looks open for writing when the watcher comes, as it
      // does while another test starts a process, is taken later.
      for (number, name) in ["stays/a", "goes/b", "goes/deep/c"].enumerated() {
        try box.write(WasmBinary.returning(number), to: "tree/\(name).wasm")
      }
      let watcher = try Watcher(in: box, modules: 3)
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

  @Test func withoutItsLibraryATreeIsPolled() throws {
    try Sandbox.use { box in
      try box.write(Array("no library".utf8), to: "lib/libinotifytools.so.0")
      let path = ["LD_LIBRARY_PATH": box.work + "/lib"]
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watcher = try Watcher(in: box, modules: 1, environment: path)
      watcher.expect(
        "note: cannot use inotify: \(box.work)/lib/libinotifytools.so.0: file too short: "
          + "install libinotifytools (Debian: apt install libinotifytools0): polling every 2.0 seconds")
      try box.write(WasmBinary.returning(2), to: "tree/b.wasm")
      watcher.expectCompiled("b.wasm")
      watcher.stop()
      // Nothing else needs it.
      var run = box.tool("--backend", "winch", "tree")
      run.environment.merge(path) { $1 }
      #expect(try run.run().errors.hasPrefix("2 modules: nothing to compile, all up to date ("))
    }
  }

  // MARK: Directories that cannot be read

  private static let unprivileged: [Argument] =
    geteuid() == 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []
  private static let denied = "cannot read directory: permission denied: trying again every 2.0 seconds"

  @Test func aDirectoryWithoutPermissionIsFollowedAsSoonAsItCanBe() throws {
    try Sandbox.use { box in
      for name in ["tree/locked/a", "arriving/b", "tree/hidden/c"] {
        try box.write(WasmBinary.returning(1), to: "\(name).wasm")
      }
      for name in ["tree/locked", "arriving", "tree/hidden"] { #expect(chmod(box.work + "/" + name, 0) == 0) }
      let watcher = try Watcher(in: box, "--exclude", "hidden/", modules: 0, wrapper: Self.unprivileged)
      watcher.expect("note: tree/locked: \(Self.denied)")
      #expect(rename(box.work + "/arriving", box.work + "/tree/later") == 0)
      watcher.expect("note: tree/later: \(Self.denied)")
      for (name, directory) in [("b", "later"), ("a", "locked")] {
        // The other one is tried again as often, in vain.
        #expect(chmod(box.work + "/tree/" + directory, 0o755) == 0)
        try box.write(WasmBinary.returning(name == "a" ? 2 : 3), to: "tree/\(directory)/\(name).wasm")
        watcher.expectCompiled("\(directory)/\(name).wasm")
      }
      let notes = watcher.stop().errorLines.filter { $0.hasPrefix("note: ") }
      #expect(notes == ["note: tree/locked: \(Self.denied)", "note: tree/later: \(Self.denied)"], "each once")
    }
  }

  @Test func rootsWithoutPermissionAreFollowedAsSoonAsTheyCanBe() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number)/a.wasm") }
      for number in 1...2 { #expect(chmod(box.work + "/\(number)", 0) == 0) }
      // A file in it can be opened; but whether there is another of that name soon, nobody would say.
      #expect(chmod(box.work + "/3", 0o100) == 0)
      let tool = box.tool("--watch", "--backend", "winch", "1", "2", "3/a.wasm")
      let watch = try (Self.unprivileged.isEmpty ? tool : tool.wrapped(in: Self.unprivileged)).start()
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 0 modules\n") }, "\(watch.errorsSoFar)")
      for number in 1...3 {
        #expect(chmod(box.work + "/\(number)", 0o700) == 0)
        #expect(eventually { watch.errorsSoFar.contains("compiled \(number)/a.wasm with winch, ") })
      }
      watch.send(SIGTERM)
      let notes = watch.wait().errorLines.filter { $0.hasPrefix("note: ") }
      #expect(notes == ["1", "2", box.work + "/3"].map { "note: \($0): \(Self.denied)" })
    }
  }

  @Test func aDirectoryThatCameWhenTooManyFilesWereOpenIsFollowed() throws {
    try Sandbox.use { box in
      let watcher = try Watcher(in: box, modules: 0)
      func limitFiles(to count: String) throws {
        let result = try box.command(
          "prlimit", ["--pid", "\(watcher.command.id)", "--nofile=\(count):"]
        ).run()
        #expect(result.ending == .exited(0), "\(result.errors)")
      }
      try limitFiles(to: "3")
      try box.write(WasmBinary.returning(1), to: "tree/new/deep/a.wasm")
      watcher.expect(
        "note: tree/new: cannot read directory: too many open files, raise the limit (ulimit -n): trying again every 2.0 seconds"
      )
      try limitFiles(to: "1024")
      watcher.expectCompiled("new/deep/a.wasm")
      try box.write(WasmBinary.returning(2), to: "tree/new/deep/a.wasm")
      watcher.expectCompiled("new/deep/a.wasm", times: 2)
      #expect(watcher.stop().errorLines.count { $0.hasPrefix("note: ") } == 1)
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
  @Test(.unsanitized("memory")) func directoriesThatAreGoneTakeNoMemory() throws {
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
      #expect(result.errors.contains(" again to free what deleted ones left behind\n"), "\(result.errors)")
    }
  }
}
