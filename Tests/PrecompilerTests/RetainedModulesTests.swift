import Testing

@testable import Precompiler

struct RetainedModulesTests {
  @Test func roomIsTakenByBytesAndByNumber() {
    let bytes = RetainedModules.Budget(RetainedModules(bytes: 10, count: 10))
    let taken = [6, 5, 4, 1].map { bytes.take($0) }
    #expect(taken == [true, false, true, false])
    bytes.giveBack(4)
    let again = bytes.take(3)
    #expect(again)
    let count = RetainedModules.Budget(RetainedModules(bytes: 10, count: 1))
    let both = [count.take(1), count.take(1)]
    #expect(both == [true, false])
    count.giveBack(1)
    let third = count.take(1)
    #expect(third)
  }

  /// Whatever the limit, lanes go on with one artifact each, and what is kept leaves them their files.
  @Test func descriptorsAreDivided() {
    for lanes in [1, 2, 64] {
      for limit in [6, 64, 128, 1024, 1 << 20] {
        let room = DescriptorBudget(lanes: lanes, limit: limit)
        #expect(room.artifactsPerLane >= 1 && room.retainedModules >= 0)
        #expect(room.retainedModules + (room.artifactsPerLane - 1) * lanes <= limit)
      }
    }
    #expect(DescriptorBudget(lanes: 1, limit: 56).retainedModules == 0)
    #expect(DescriptorBudget(lanes: 2, limit: 1024).retainedModules == 480)
  }
}
