import LinuxIO
import SystemPackage
import Testing

@testable import Commands

struct StatusLineTests {
  /// When the run begins.
  private static let early = MonotonicInstant(nanoseconds: 1_000_000_000)

  private func line(
    _ sizes: [Int], finished: Int = 0, running: [String] = [], at now: MonotonicInstant = early
  ) throws -> StatusLine {
    var line = StatusLine(Output(descriptor: try FileDescriptor.open("/dev/null", .writeOnly)))
    line.begin(sizes, now: Self.early)
    for size in sizes.prefix(finished) { line.finished("", size: size, now: now) }
    for name in running { line.began(name, size: 0, now: now) }
    return line
  }

  @Test func hasABarWhereItFits() throws {
    let line = try line([100, 100, 200], finished: 1, running: ["a.wasm", "b.wasm"])
    #expect(line.text(columns: 20, now: Self.early) == "1/3, 2 running: a.w…")
    #expect(line.text(columns: 80, now: Self.early) == "[=====               ] 1/3, 2 running: a.wasm")
    let wide = "[=======" + String(repeating: " ", count: 23) + "] 1/3, 2 running: a.wasm"
    #expect(line.text(columns: 400, now: Self.early) == wide)
  }

  @Test(arguments: [0, 1, 2, 5, 10, 20, 31, 32, 33, 79, 80, 120, 400]) func neverIsWiderThanTheTerminal(_ columns: Int)
    throws
  {
    let name = String(repeating: "/long", count: 100)
    let line = try line([1, 2, 3, 4], finished: 2, running: [name])
    for now in [Self.early, Self.early.adding(seconds: 1_000)] {
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
  @Test func foreseesTheTimeFromSizesAndCountsItDown() throws {
    func text(finishedAfter finished: Double, at seconds: Double) throws -> String {
      try line([100, 300], finished: 1, at: Self.early.adding(seconds: finished)).text(
        columns: 80, now: Self.early.adding(seconds: seconds))
    }
    let bar = "[=====               ] 1/2"
    #expect(try text(finishedAfter: 0.4, at: 0.4) == bar, "too early to tell")
    #expect(try text(finishedAfter: 10, at: 10) == bar + ", 10 s, 30 s left")
    #expect(try text(finishedAfter: 10, at: 25) == bar + ", 25 s, 15 s left")
    #expect(try text(finishedAfter: 10, at: 39.5) == bar + ", 39 s, 1 s left")
    #expect(try text(finishedAfter: 10, at: 41) == bar + ", 41 s", "it was wrong")
    #expect(try text(finishedAfter: 100, at: 100) == bar + ", 1 min 40 s, 5 min 0 s left")
  }

  @Test func saysWhatTakesLongest() throws {
    var line = try line([1, 1, 1], running: ["slow.wasm"])
    line.began("new.wasm", size: 0, now: Self.early.adding(seconds: 5))
    let now = Self.early.adding(seconds: 12)
    #expect(line.text(columns: 80, now: now) == "[                    ] 0/3, 2 running, 12 s: slow.wasm (12 s)")
    line.finished("slow.wasm", size: 1, now: now)
    #expect(
      line.text(columns: 80, now: now) == "[======              ] 1/3, 1 running, 12 s, 24 s left: new.wasm (7 s)")
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
    line.finished("b", size: 1, now: Self.early)
    #expect(line.text(columns: 20, now: Self.early) == "1/3, 1 running: a")
    line.storing("a")
    #expect(line.text(columns: 20, now: Self.early) == "1/3")
  }

  @Test func finishedNamesAreForgotten() throws {
    var line = try line([1, 1, 1], running: ["a", "b"])
    line.finished("b", size: 1, now: Self.early)
    #expect(line.text(columns: 20, now: Self.early) == "1/3, 1 running: a")
  }
}
