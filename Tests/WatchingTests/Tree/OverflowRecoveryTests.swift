import Testing

@testable import Watching

@Suite struct OverflowRecoveryTests {
  private let start = SuspendingClock().now
  private var recovery = OverflowRecovery()

  private func at(_ milliseconds: Int) -> SuspendingClock.Instant { start + .milliseconds(milliseconds) }

  @Test mutating func withoutOverflowNothingIsListedAgain() {
    recovery.sawEvent(at: at(0))
    #expect(recovery.rescanTime == nil)
  }

  @Test mutating func waitsForFiftyMillisecondsOfQuiet() {
    recovery.overflowed(at: at(0))
    #expect(recovery.rescanTime == at(50))
    recovery.sawEvent(at: at(40))
    #expect(recovery.rescanTime == at(90))
    recovery.rescanned(at: at(200))
    #expect(recovery.rescanTime == nil)
    #expect(recovery.count == 1)
  }

  @Test mutating func treeThatIsNeverQuietIsListedAllTheSame() {
    recovery.overflowed(at: at(0))
    for time in stride(from: 0, to: 20_000, by: 10) { recovery.sawEvent(at: at(time)) }
    #expect(recovery.rescanTime == at(10_000))
  }

  @Test mutating func backsOffWhenItRecursAndForgetsWhenItDoesNot() {
    var time = 0
    var pauses: [Int] = []
    for _ in 0..<10 {
      recovery.overflowed(at: at(time))
      let due = recovery.rescanTime.map { Int(start.duration(to: $0) / .milliseconds(1)) } ?? 0
      pauses.append(due - time)
      time = due
      recovery.rescanned(at: at(time))
    }
    #expect(pauses == [50, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000])
    time += 60_000
    recovery.overflowed(at: at(time))
    #expect(recovery.rescanTime == at(time + 50))
    #expect(recovery.count == 11)
  }
}
