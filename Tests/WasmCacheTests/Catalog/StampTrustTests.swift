import CatalogSamples
import LinuxIO
import Testing

@testable import WasmCache

/// The racy rule at its boundaries.
struct StampTrustTests {
  private let second = SampleFile.second
  private let stamp = FileStamp(
    device: 1, inode: 2, size: 3, modified: 100 * SampleFile.second, changed: 100 * SampleFile.second, mode: 0o100644)

  private func doubt(
    hashed: Int64, now: Int64 = 1000 * SampleFile.second, _ change: (inout FileStamp) -> Void = { _ in }
  ) -> StampDoubt? {
    var current = stamp
    change(&current)
    return StampTrust.doubt(remembered: stamp, hashed: hashed, current: current, now: now)
  }

  @Test func trustsAFileThatWasSettledWhenItWasHashed() {
    #expect(doubt(hashed: 102 * second) == nil)
    #expect(doubt(hashed: 102 * second - 1) == .hashedTooSoon)
    #expect(doubt(hashed: 100 * second) == .hashedTooSoon)
    #expect(doubt(hashed: 0) == .hashedTooSoon)
  }

  @Test(arguments: [StampDoubt.otherFile, .sizeChanged, .modified, .statusChanged, .modeChanged])
  func namesTheFirstDifference(_ expected: StampDoubt) {
    let found = doubt(hashed: 500 * second) { current in
      switch expected {
      case .otherFile: current.inode += 1
      case .sizeChanged: current.size += 1
      case .modified: current.modified -= 1
      case .statusChanged: current.changed += 1
      default: current.mode ^= 0o111
      }
    }
    #expect(found == expected)
  }

  @Test func anotherDeviceIsAnotherFile() {
    #expect(doubt(hashed: 500 * second) { $0.device = 9 } == .otherFile)
  }

  @Test func measuresFromTheLaterTimeStamp() {
    for later in [\FileStamp.modified, \FileStamp.changed] {
      var stamp = stamp
      stamp[keyPath: later] = 200 * second
      func doubt(hashed: Int64) -> StampDoubt? {
        StampTrust.doubt(remembered: stamp, hashed: hashed, current: stamp, now: 1000 * second)
      }
      #expect(doubt(hashed: 202 * second) == nil)
      #expect(doubt(hashed: 202 * second - 1) == .hashedTooSoon)
    }
  }

  @Test func neverTrustsTheFuture() {
    #expect(doubt(hashed: 102 * second, now: 102 * second) == nil)
    #expect(doubt(hashed: 102 * second, now: 102 * second - 1) == .inTheFuture)
    #expect(doubt(hashed: 102 * second, now: 99 * second) == .inTheFuture)
  }

  @Test func aProofNeedsNoMargin() {
    #expect(doubt(hashed: StampTrust.proven, now: 100 * second) == nil)
    #expect(doubt(hashed: StampTrust.proven) { $0.changed += 1 } == .statusChanged)
    #expect(doubt(hashed: StampTrust.proven, now: 100 * second - 1) == .inTheFuture)
  }

  @Test func survivesTimeStampsAtTheEndsOfTheirRange() {
    for time in [Int64.min, .max, .max - 1] {
      var stamp = stamp
      stamp.modified = time
      stamp.changed = time
      let found = StampTrust.doubt(remembered: stamp, hashed: .max - 1, current: stamp, now: .max)
      #expect(found == (time == .min ? nil : .hashedTooSoon))
    }
  }
}
