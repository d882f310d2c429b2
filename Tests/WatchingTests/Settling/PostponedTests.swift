import SystemPackage
import Testing

@testable import Watching

/// What cannot be warmed for a reason that lies outside of it is told once, and tried again. Times are told, so that nothing
/// waits.
@Suite struct PostponedTests {
  private let start = SuspendingClock().now
  private var batcher = ChangeBatcher()
  private let path: FilePath = "/r/x.wasm"
  private let other: FilePath = "/r/y.wasm"

  private func at(_ seconds: Double) -> SuspendingClock.Instant { start + .milliseconds(Int(seconds * 1000)) }

  /// Has changes settle, and gives back what is handed out.
  private mutating func settle(at seconds: Double) -> [FilePath] {
    batcher.settle(at: at(seconds)).changes.map(\.path)
  }

  private mutating func write(_ path: FilePath, at seconds: Double) {
    batcher.note(FileEvent(path: path, kind: .written, time: at(seconds)))
  }

  @Test mutating func isToldOnceAndTriedAgainEverLater() {
    write(path, at: 0)
    #expect(settle(at: 1) == [path])
    var diagnostics = batcher.finish([path: .postponed("no space")], at: at(1))
    #expect(diagnostics.map(\.message) == ["no space"] && diagnostics[0].isTriedAgain)
    var time = 1.0
    for wait in [1.0, 2, 4, 8, 16, 32, 32] {
      #expect(settle(at: time + wait - 0.01) == [])
      time += wait
      #expect(settle(at: time) == [path])
      #expect(batcher.finish([path: .postponed("no space")], at: at(time)) == [])
    }
    // Another reason is news, and so is the same after a success.
    #expect(settle(at: time + 32) == [path])
    diagnostics = batcher.finish([path: .postponed("no engine")], at: at(time + 32))
    #expect(diagnostics.map(\.message) == ["no engine"])
    write(path, at: time + 33)
    #expect(settle(at: time + 34) == [path], "a change does not wait")
    #expect(batcher.finish([path: .warmed], at: at(time + 34)) == [])
    write(path, at: time + 35)
    #expect(settle(at: time + 36) == [path])
    #expect(batcher.finish([path: .postponed("no engine")], at: at(time + 36)).count == 1)
  }

  @Test mutating func isTriedAtOnceWhenAnotherSucceeds() {
    write(path, at: 0)
    #expect(settle(at: 1) == [path])
    for time in [1.0, 2, 4, 8] {
      _ = batcher.finish([path: .postponed("no space")], at: at(time))
      if time < 8 { #expect(settle(at: time * 2) == [path]) }
    }
    write(other, at: 9)
    #expect(settle(at: 10) == [other])
    _ = batcher.finish([other: .warmed], at: at(10))
    #expect(settle(at: 10) == [path])
  }

  @Test mutating func whatWasNoModuleIsNotRemoved() {
    write(path, at: 0)
    #expect(settle(at: 1) == [path])
    _ = batcher.finish([path: .rejected("text")], at: at(1))
    #expect(batcher.knownModules == 0)
    batcher.note(FileEvent(path: path, kind: .removed, time: at(2)))
    #expect(batcher.settle(at: at(3)) == ChangeBatcher.Settled())
  }

  @Test mutating func anOldFileIsRejectedAtOnce() {
    write(path, at: 0)
    #expect(settle(at: 0.1) == [path])
    #expect(batcher.finish([path: .rejected("text")], old: [path], at: at(0.1)).map(\.message) == ["text"])
    #expect(!batcher.isHeld(path))
  }
}
