import Testing

@testable import Precompiler

struct RetainedModulesTests {
  /// A module that takes an open file.
  private static let large = ModuleContents.largestSmall + 1

  @Test func roomIsTakenByBytesAndByNumber() {
    let bytes = RetainedModules.Budget(RetainedModules(bytes: 5 * Self.large, count: 10))
    let taken = [3, 3, 2, 1].map { bytes.take($0 * Self.large) }
    #expect(taken == [true, false, true, false])
    bytes.giveBack(2 * Self.large)
    let again = bytes.take(Self.large)
    #expect(again)
    let count = RetainedModules.Budget(RetainedModules(bytes: 5 * Self.large, count: 1))
    let both = [count.take(Self.large), count.take(Self.large)]
    #expect(both == [true, false])
    count.giveBack(Self.large)
    let third = count.take(Self.large)
    #expect(third)
  }

  /// Small modules take no files, and more memory than they have bytes.
  @Test func smallModulesTakeBytesOnly() {
    let cost = RetainedModules.cost(ofSize: 50)
    #expect(cost > 50 && RetainedModules.cost(ofSize: Self.large) == Self.large)
    let budget = RetainedModules.Budget(RetainedModules(bytes: 2 * cost, count: 0))
    let taken = [budget.take(50), budget.take(50), budget.take(50)]
    #expect(taken == [true, true, false])
    budget.giveBack(50)
    let again = budget.take(50)
    #expect(again)
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
