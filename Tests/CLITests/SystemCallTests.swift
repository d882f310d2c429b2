import Foundation
import TestSupport
import Testing

/// What the tool asks of the kernel, and in which order, where only time would show it otherwise.
@Suite(.needs(Injection.isPossible, Injection.need)) struct SystemCallTests {
  /// Enlarging the table of descriptors costs whoever has threads milliseconds.
  @Test(.unsanitized("threads"), arguments: [nil, 100])
  func roomForDescriptorsIsMadeBeforeThereAreThreads(_ limit: Int?) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let trace = box.path + "/trace"
      let script = (limit.map { "ulimit -n \($0); " } ?? "") + "exec \"$@\""
      let run = try box.tool("one.wasm").wrapped(in: [
        "sh", "-c", .init(script), "sh", "strace", "-f", "-o", .init(trace), "-e", "trace=fcntl,clone3",
      ]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      let calls = try String(contentsOfFile: trace, encoding: .utf8).lines
      let reservation = try #require(calls.firstIndex { $0.contains("F_DUPFD_CLOEXEC, ") })
      let firstThread = try #require(calls.firstIndex { $0.contains("clone3(") })
      #expect(reservation < firstThread)
      if let limit { #expect(calls[reservation].hasSuffix("= \(limit - 1)")) }
    }
  }

  /// What a build has just written is believed, and so are the cache's directories, which the first run has just written.
  @Test func theRunAfterALargeOneReadsNoModuleAndLooksAtNoEntry() throws {
    try Sandbox.use { box in
      for number in 0..<96 { try box.write(WasmBinary.returning(number), to: "modules/\(number).wasm") }
      let first = try box.tool("--backend", "winch", "modules").run()
      #expect(first.ending == .exited(0), "\(first.errors)")
      let trace = box.path + "/trace"
      let second = try box.tool("--backend", "winch", "modules").wrapped(in: [
        "strace", "-f", "-o", .init(trace), "-e", "trace=openat,readlinkat",
      ]).run()
      #expect(second.errors.hasPrefix("96 modules: nothing to compile, all up to date"))
      let calls = try String(contentsOfFile: trace, encoding: .utf8).lines
      #expect(calls.filter { $0.contains(".wasm\"") || $0.contains(".cwasm\"") } == [])
    }
  }
}
