import Testing

@testable import Precompiler

struct AvailableProcessorsTests {
  @Test(arguments: [
    ("100000 100000\n", 1), ("150000 100000\n", 2), ("200000 100000", 2), ("50000 100000", 1), ("1 100000", 1),
    ("1600000 100000", 16), ("100001 100000", 2), ("\(Int.max) 1", Int.max), ("\(Int.max) \(Int.max)", 1),
  ])
  func partOfAProcessorCountsAsOne(_ limit: String, _ processors: Int) {
    #expect(AvailableProcessors.processors(ofLimit: limit) == processors)
  }

  @Test(arguments: [
    "max 100000\n", "max", "", "100000", "0 100000", "100000 0", "-1 100000", "1 2 3", "1e5 100000", "x y",
  ])
  func otherTextIsNoLimit(_ limit: String) { #expect(AvailableProcessors.processors(ofLimit: limit) == nil) }

  @Test func thereIsAtLeastOne() { #expect((1...4096).contains(AvailableProcessors.count())) }

  private func quota(_ files: [String: String]) -> Int? { AvailableProcessors.quota { files[$0] } }

  @Test func theTightestQuotaOnTheWayUpCounts() {
    let files = [
      "/proc/self/cgroup": "0::/user/job\n", "/sys/fs/cgroup/user/job/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/user/cpu.max": "300000 100000\n",
    ]
    #expect(quota(files) == 3)
    #expect(quota(files.merging(["/sys/fs/cgroup/cpu.max": "200000 100000\n"]) { $1 }) == 2)
    #expect(quota(files.merging(["/sys/fs/cgroup/user/job/cpu.max": "50000 100000\n"]) { $1 }) == 1)
    #expect(quota(["/proc/self/cgroup": "0::/user/job\n"]) == nil)
    #expect(quota([:]) == nil)
  }

  @Test func olderControlGroupsCountToo() {
    let files = [
      "/proc/self/cgroup": "9:name=systemd:/\n4:cpuacct,cpu:/docker/abc\n0::/\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    ]
    #expect(quota(files) == 2)
    #expect(quota(files.merging(["/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"]) { $1 }) == nil)
  }
}
