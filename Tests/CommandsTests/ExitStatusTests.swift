import Testing

@testable import Commands

struct ExitStatusTests {
  @Test func numbersStayTheSame() {
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 64, 69, 73, 74])
  }

  @Test func mergedStatusIsTheWorseOne() {
    for a in ExitStatus.allCases {
      for b in ExitStatus.allCases {
        #expect(a.merged(with: b) == b.merged(with: a))
        #expect(a.merged(with: b).rawValue == max(a.rawValue, b.rawValue))
      }
    }
    #expect(ExitStatus.success.merged(with: .success) == .success)
    #expect(ExitStatus.moduleFailed.merged(with: .cacheUnwritable) == .cacheUnwritable)
  }
}
