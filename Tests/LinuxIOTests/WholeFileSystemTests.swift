import Glibc
import TestSupport
import Testing

@testable import LinuxIO

struct WholeFileSystemTests {
  /// ext4 only, on which it was measured.
  @Test func otherFileSystemsSynchronizeEachFile() throws {
    let suitable: [Int64] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x6969]
    #expect(suitable.map { WholeFileSystem.isSuitable(type: $0) } == [true, false, false, false, false, false])
    let proc = try Descriptor.open("/proc", O_RDONLY | O_DIRECTORY)
    let isDone = WholeFileSystem.synchronize(proc)
    #expect(!isDone)
  }

  @Test(arguments: [
    ("6.18.44-fc-v657", true), ("5.8.0", true), ("5.10", true), ("10.0-rc1", true), ("5.7.19-generic", false),
    ("4.19.0-27-amd64", false), ("5", false), ("", false), ("x.y", false),
  ]) func olderKernelsDoNotTellOfErrors(_ release: String, _ tells: Bool) {
    #expect(WholeFileSystem.tellsOfErrors(release: release) == tells)
  }

  @Test func unwrittenBytesAreThoseThatWaitAndThoseOnTheirWay() throws {
    let text = """
      MemTotal:       49452052 kB
      Dirty:              1024 kB
      Writeback:             8 kB
      WritebackTmp:        100 kB

      """
    #expect(WholeFileSystem.unwrittenBytes(text) == 1032 << 10)
    #expect(WholeFileSystem.unwrittenBytes("MemTotal: 5 kB\n") == nil)
    #expect(WholeFileSystem.unwrittenBytes("Dirty: many\n") == nil)
    #expect(try WholeFileSystem.unwrittenBytes(PseudoFile.text(at: "/proc/meminfo")) != nil)
  }
}
