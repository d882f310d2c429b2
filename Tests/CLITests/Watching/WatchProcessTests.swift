import Foundation
import Glibc
import TestSupport
import Testing

/// The watcher as a process among others: what it uses, whom it tells, what it starts.
@Suite struct WatchProcessTests {
  /// Processor ticks and the times that any thread was woken, of a process and its children.
  private func activity(of mark: String) -> [String] {
    Processes.marked(mark).sorted().flatMap { id -> [String] in
      let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
      return tasks.sorted().flatMap { task -> [String] in
        let directory = "/proc/\(id)/task/\(task)"
        let status = (try? String(contentsOfFile: directory + "/status", encoding: .utf8)) ?? ""
        let ticks = (try? String(contentsOfFile: directory + "/stat", encoding: .utf8)) ?? ""
        // utime and stime, counted from behind the name, which may hold anything.
        let fields = ticks.split(separator: ")").last?.split(separator: " ").dropFirst(11).prefix(2) ?? []
        return [task] + fields.map(String.init) + status.lines.filter { $0.hasPrefix("voluntary_ctxt_switches:") }
      }
    }
  }

  /// While another one, which polls, does so three times.
  @Test(.unsanitized("threads")) func anIdleWatcherIsNeverWoken() throws {
    try Sandbox.use { clock in
      let poller = try Watcher(in: clock, "--poll", modules: 0)
      var polls = 0
      func awaitPolls(_ count: Int) throws {
        for _ in 0..<count {
          polls += 1
          try clock.write(WasmBinary.returning(polls), to: "tree/\(polls).wasm")
          poller.expectCompiled("\(polls).wasm")
        }
      }
      try expectIdleness { try awaitPolls(3) }
      poller.stop()
    }
  }

  private func expectIdleness(while something: () throws -> Void) throws {
    try Sandbox.use { box in
      for number in 1...5 { try box.write(WasmBinary.returning(number), to: "tree/\(number)/a.wasm") }
      let watcher = try Watcher(in: box, modules: 5)
      try box.write(WasmBinary.returning(10), to: "tree/1/a.wasm")
      watcher.expectCompiled("1/a.wasm", times: 2)
      // Dispatch keeps idle threads for a few seconds, so the first looks may see them end.
      var before: [String] = []
      var after: [String] = []
      for _ in 0..<10 where after.isEmpty || before != after {
        before = activity(of: box.mark)
        try something()
        after = activity(of: box.mark)
      }
      #expect(before == after, "\(after.difference(from: before))")
      watcher.stop()
    }
  }

  @Test func tellsTheServiceManager() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let manager = try ServiceManager(at: box.path + "/notify")
      let watcher = try Watcher(in: box, modules: 1, environment: ["NOTIFY_SOCKET": box.path + "/notify"])
      #expect(manager.next() == "STATUS=listing modules\nEXTEND_TIMEOUT_USEC=60000000")
      #expect(manager.next() == "READY=1\nSTATUS=watching 1 module")
      try box.write(WasmBinary.returning(2), to: "tree/b.wasm")
      #expect(manager.next() == "STATUS=watching 2 modules")
      watcher.stop()
      #expect(manager.next() == "STOPPING=1\nSTATUS=stopping")
    }
  }

  /// The manager gives up after some time, which begins anew with each such word.
  @Test func tellsTheServiceManagerThatItIsAtWork() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/first.wasm")
      try box.write(WasmBinary.bomb(depth: 400), to: "tree/bomb.wasm")
      let manager = try ServiceManager(at: box.path + "/notify")
      var tool = box.tool("--watch", "-j2", "tree")
      tool.environment["NOTIFY_SOCKET"] = box.path + "/notify"
      let watch = try tool.start()
      #expect(manager.next() == "STATUS=listing modules\nEXTEND_TIMEOUT_USEC=60000000")
      #expect(eventually { watch.errorsSoFar.contains("compiled tree/first.wasm with cranelift, ") })
      // One may have been sent before.
      let words = [manager.next(), manager.next()]
      #expect(words.last == "STATUS=compiling modules: 1 of 2 done\nEXTEND_TIMEOUT_USEC=60000000", "\(words)")
      watch.send(SIGINT)
      #expect(watch.wait().ending == .signalled(SIGINT))
    }
  }

  @Test func theCommandNeverRunsTwiceAtOnceAndOnceMoreForAllThatCameMeanwhile() throws {
    try Sandbox.use { box in
      #expect(mkfifo(box.work + "/gate", 0o600) == 0)
      let command = #"""
        printf 'begin %s\n%s\n' $WASMPRECOMPILE_CHANGED_COUNT "$WASMPRECOMPILE_CHANGED" >> log; cat gate; echo end >> log
        """#
      func log() -> [String] { ((try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? "").lines }
      /// Lets the command end that waits, or that will.
      func open() throws { #expect(try box.command("sh", ["-c", ": > gate"]).run().ending == .exited(0)) }
      let watcher = try Watcher(in: box, "--exec", Argument(command), modules: 0)
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      #expect(eventually { log() == ["begin 1", "tree/a.wasm"] }, "\(log())")
      for number in 2...4 {
        try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm")
        watcher.expectCompiled("\(number).wasm")
      }
      #expect(log().count == 2)
      var runs = 1
      while !log().contains("tree/4.wasm") {
        try open()
        runs += 1
        try #require(eventually { log().count { $0.hasPrefix("begin ") } == runs }, "\(log())")
      }
      try open()
      #expect(eventually { log().last == "end" }, "\(log())")
      // The last is compiled before its batch is over, and may come too late to be told together with the others.
      #expect(runs <= 3, "\(log())")
      let (told, marks) = (log().filter { $0.hasPrefix("tree/") }, log().filter { !$0.hasPrefix("tree/") })
      #expect(told == ["a", "2", "3", "4"].map { "tree/\($0).wasm" })
      #expect(marks.map { $0.prefix(3) } == (1...runs).flatMap { _ in ["beg", "end"] }, "one after the other")
      watcher.stop()
    }
  }
}

/// Listens where a service tells how it is doing, as systemd does.
private final class ServiceManager {
  private let socket: Int32

  init(at path: String) throws {
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    try #require(path.utf8.count < capacity)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
    var timeout = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  /// The next message; nil if none comes.
  func next() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(socket, &buffer, buffer.count, 0)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }
}
