import LinuxIO
import SystemPackage
import Testing

@testable import Commands

struct StatusLineTests {
  /// Before the run began, so that no time has passed yet.
  private static let early = MonotonicInstant(nanoseconds: 0)

  private func line(_ sizes: [Int], finished: Int = 0, running: [String] = []) throws -> StatusLine {
    var line = StatusLine(Output(descriptor: try FileDescriptor.open("/dev/null", .writeOnly)))
    line.begin(sizes)
    for size in sizes.prefix(finished) { line.finished("", size: size) }
    for name in running { line.began(name, size: 0) }
    return line
  }

  @Test func hasABarWhereItFits() throws {
    let line = try line([100, 100, 200], finished: 1, running: ["a.wasm", "b.wasm"])
    #expect(line.text(columns: 20, now: Self.early) == "1/3, 2 running: b.w…")
    #expect(line.text(columns: 80, now: Self.early) == "[=====               ] 1/3, 2 running: b.wasm")
    let wide = "[=======" + String(repeating: " ", count: 23) + "] 1/3, 2 running: b.wasm"
    #expect(line.text(columns: 400, now: Self.early) == wide)
  }

  @Test(arguments: [0, 1, 2, 5, 10, 20, 31, 32, 33, 79, 80, 120, 400]) func neverIsWiderThanTheTerminal(_ columns: Int)
    throws
  {
    let name = String(repeating: "/long", count: 100)
    let line = try line([1, 2, 3, 4], finished: 2, running: [name])
    for now in [Self.early, .now().adding(seconds: 1_000)] {
      #expect(line.text(columns: columns, now: now).columns <= columns)
    }
  }

  @Test func namesAreCutAtTheEnd() throws {
    let line = try line([1, 1], running: [String(repeating: "x", count: 100)])
    #expect(
      line.text(columns: 40, now: Self.early) == "[          ] 0/2, 1 running: xxxxxxxxxx…"
    )
  }

  @Test func startsWithoutAnything() throws {
    #expect(try line([1, 1]).text(columns: 80, now: Self.early) == "[                    ] 0/2")
    #expect(try line([0, 0], finished: 1).text(columns: 80, now: Self.early) == "[                    ] 1/2")
    #expect(try line([], finished: 0).text(columns: 20, now: Self.early) == "0/0")
  }

  /// After a quarter of the bytes in so much time, three times as much is left.
  @Test func foreseesTheTimeFromSizes() throws {
    var line = try line([])
    var start = MonotonicInstant.now()
    // Until the line's own reading of the clock is known well enough.
    repeat {
      start = .now()
      line = try self.line([100, 300], finished: 1)
    } while MonotonicInstant.now().nanoseconds(since: start) > 100_000_000
    #expect(
      line.text(columns: 80, now: start.adding(seconds: 0.4)) == "[=====               ] 1/2", "too early to tell")
    #expect(line.text(columns: 80, now: start.adding(seconds: 10.2)) == "[=====               ] 1/2, 31 s left")
    #expect(line.text(columns: 80, now: start.adding(seconds: 100.2)) == "[=====               ] 1/2, 5 min left")
  }

  @Test func wideCharactersTakeTwoColumns() throws {
    let line = try line([1, 1], running: ["模块模块模块.wasm"])
    #expect(line.text(columns: 25, now: Self.early) == "0/2, 1 running: 模块模块…")
    #expect(line.text(columns: 24, now: Self.early) == "0/2, 1 running: 模块模…")
    for columns in 0...60 { #expect(line.text(columns: columns, now: Self.early).columns <= columns) }
  }

  @Test func whatIsBeingStoredDoesNotRun() throws {
    var line = try line([1, 1, 1], running: ["a", "b"])
    line.storing("b")
    #expect(line.text(columns: 20, now: Self.early) == "0/3, 1 running: a")
    line.finished("b", size: 1)
    #expect(line.text(columns: 20, now: Self.early) == "1/3, 1 running: a")
    line.storing("a")
    #expect(line.text(columns: 20, now: Self.early) == "1/3")
  }

  @Test func finishedNamesAreForgotten() throws {
    var line = try line([1, 1, 1], running: ["a", "b"])
    line.finished("b", size: 1)
    #expect(line.text(columns: 20, now: Self.early) == "1/3, 1 running: a")
  }
}
