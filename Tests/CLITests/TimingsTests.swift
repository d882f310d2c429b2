import Foundation
import TestSupport
import Testing

/// `--timings` and `--trace`.
@Suite struct TimingsTests {
  private static let browser = "/usr/bin/chromium"

  /// A run with hits, misses, a failure and a name that HTML must not take for its own; gives the run's last line.
  private func draw(_ arguments: Argument..., in box: Sandbox) throws -> String {
    try Examples.copy(to: "build", in: box)
    try box.write(WasmBinary.returning(1), to: "build/<b>\"&'.wasm")
    try box.write(WasmBinary.invalid, to: "build/invalid.wasm")
    try box.succeed("build/gcd.wasm")
    let run = try box.tool(arguments + ["build"]).run()
    #expect(run.ending == .exited(1))
    return try #require(run.errorLines.last)
  }

  private func file(_ name: String, in box: Sandbox) throws -> String {
    String(decoding: try #require(FileManager.default.contents(atPath: box.work + "/" + name)), as: UTF8.self)
  }

  @Test func thePageNeedsNothingElseAndSaysWhatTheRunSaid() throws {
    try Sandbox.use { box in
      let line = try draw("--timings", "page.html", in: box)
      let page = try file("page.html", in: box)
      #expect(page.contains("<h1>\(line)</h1>"))
      #expect(page.contains("<b>1</b> hits</li>"))
      #expect(page.contains("<b>7</b> new module</li>"))
      #expect(page.contains("<b>1</b> failed</li>"))
      #expect(page.contains("build/&lt;b&gt;&quot;&amp;'.wasm"))
      // How it came about, and what failed.
      #expect(page.contains(#/<p class="engines">wasmprecompile 0\.1\.0, \d{4}-\d\d-\d\d \d\d:\d\d, \d+ jobs?</p>/#))
      #expect(page.contains("<pre>wasmprecompile --timings page.html build</pre>"))
      let reason = "is not valid: "
      #expect(page.contains("<tr><td>build/invalid.wasm</td><td class=\"word\">cranelift</td><td>\(reason)"))
      #expect(!page.contains("<b>\""))
      for reference in ["http", "src=", "href=", "url(", "@import", "<script"] { #expect(!page.contains(reference)) }
      // The modules by compile time.
      let modules = try #require(page.split(separator: "<h2>Modules</h2>").last)
      let times = modules.matches(of: #/class="engine0" style="width:([0-9.e-]+)%"/#).compactMap { Double($0.1) }
      #expect(times.count == 6 && times == times.sorted(by: >) && times.first == 100)
    }
  }

  @Test(.needs(FileManager.default.fileExists(atPath: browser), "Debian's chromium"))
  func aBrowserShowsThePageInBothColourSchemes() throws {
    try Sandbox.use { box in
      _ = try draw("--timings", "page.html", in: box)
      func browse(_ option: Argument, _ scheme: Int) throws -> CommandResult {
        let result = try box.command(
          Self.browser,
          [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--user-data-dir=\(box.path)/browser", "--blink-settings=preferredColorScheme=\(scheme)",
            "--window-size=1200,900", option, "file://\(box.work)/page.html",
          ]
        ).run()
        #expect(result.ending == .exited(0), "\(result.errors)")
        return result
      }
      let source = try file("page.html", in: box)
      let shown = try browse("--dump-dom", 1).output
      #expect(shown.ranges(of: "<rect").count == source.ranges(of: "<rect").count)
      #expect(shown.ranges(of: "<tr>").count == source.ranges(of: "<tr>").count)
      for (scheme, colour) in [(1, "ffffff"), (0, "14171b")] {
        _ = try browse("--screenshot=\(box.work)/page.png", scheme)
        let pixel = try box.command("python3", ["-c", Argument(Self.firstPixel), "page.png"]).run()
        #expect(pixel.output == colour + "\n", "\(pixel.errors)")
      }
    }
  }

  /// The first pixel of a picture: whatever filter its row has, nothing is before it.
  private static let firstPixel = """
    import struct, sys, zlib
    data, at, packed = open(sys.argv[1], "rb").read(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT": packed += data[at + 8:at + 8 + size]
        at += size + 12
    print(zlib.decompress(packed)[1:4].hex())
    """

  @Test func theTraceIsOneOfChromes() throws {
    try Sandbox.use { box in
      _ = try draw("--trace", "trace.json", "-j", "2", in: box)
      let trace = try #require(
        try JSONSerialization.jsonObject(with: Data(try file("trace.json", in: box).utf8)) as? [String: Any])
      let events = try #require(trace["traceEvents"] as? [[String: Any]])
      #expect(events.allSatisfy { $0["name"] is String && $0["pid"] is Int && $0["tid"] is Int })
      let spans = events.filter { $0["ph"] as? String == "X" }
      #expect(spans.count + events.count { $0["ph"] as? String == "M" } == events.count)
      for kind in [
        "find the engine", "scan", "hash", "look up", "start a compiler", "compile", "store", "publish", "remember",
      ] {
        #expect(spans.contains { $0["cat"] as? String == kind }, "\(kind)")
      }
      // Six good modules were missing, and the bad one was tried.
      #expect(spans.count { $0["cat"] as? String == "compile" } == 7)
      #expect(spans.count { $0["cat"] as? String == "store" } == 6)
      #expect(spans.count { $0["cat"] as? String == "publish" } == 6)
      let threads = Dictionary(grouping: spans) { $0["tid"] as? Int ?? -1 }
      for (_, spans) in threads {
        let times = spans.compactMap { span in
          (span["ts"] as? Int).flatMap { start in (span["dur"] as? Int).map { (start, start + $0) } }
        }
        .sorted { $0.0 < $1.0 }
        #expect(times.count == spans.count)
        // In whole microseconds, of which each end is cut on its own.
        #expect(zip(times, times.dropFirst()).allSatisfy { $0.1 <= $1.0 + 1 })
      }
    }
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let run = try box.tool("-q", "--timings", "absent/page.html", "one.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(!FileManager.default.fileExists(atPath: box.cache), "it is said before the work is done")
      for option in ["--timings", "--trace"] as [Argument] {
        let slip = try box.tool(option, "one.wasm", ".").run()
        #expect(slip.ending == .exited(64))
        #expect(
          slip.errors.hasPrefix("Error: \(option.text) is a file to write, and one.wasm is named like a module\n"))
      }
      let same = try box.tool("--timings", "x", "--trace", "x", ".").run()
      #expect(same.ending == .exited(64))
      #expect(same.errors.hasPrefix("Error: --timings and --trace are two files: x cannot be both\n"))
      try box.succeed("-q", "--output", "out", "--trace", "out/trace.json", "one.wasm")
      #expect(FileManager.default.fileExists(atPath: box.work + "/out/trace.json"))
      #expect(
        run.errors == "wasmprecompile: error: absent/page.html: cannot be written: no such file or directory\n")
      let watch = try box.tool("--watch", "--trace", "t.json", ".").run()
      #expect(watch.ending == .exited(64))
      #expect(watch.errors.hasPrefix("Error: --watch goes with neither --timings nor --trace\n"))
    }
  }
}
