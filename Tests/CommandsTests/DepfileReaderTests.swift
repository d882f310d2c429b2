import Testing

@testable import Commands

struct DepfileReaderTests {
  @Test(arguments: [
    (["sh", "make", "bash"], true), (["sh", "ninja", "sh", "make"], false), (["make", "sh", "ninja"], true),
    (["env", "samu", "cmake"], false), (["sh", "mk", "systemd"], true), ([], true),
  ]) func theNearestOneReads(ancestors: [String], isMake: Bool) {
    #expect(DepfileReader.isMake(level: "1", ancestors: ancestors) == isMake)
  }

  @Test func withoutAMakeNobodyIsLookedFor() {
    #expect(!DepfileReader.isMake(level: nil, ancestors: ["make"]))
  }
}
