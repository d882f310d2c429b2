import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import LinuxIO

/// The proof that a file's next change shows in its stamp.
struct StampClockTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func stamp(of path: FilePath) throws -> FileStamp { try Descriptor.status(of: path).stamp }

  private func showsChanges(_ path: FilePath, since stamp: FileStamp) throws -> Bool {
    try RegularFile(path).showsChanges(since: stamp)
  }

  private func waitForTick(after stamp: FileStamp) {
    while StampClock.now() <= max(stamp.modified, stamp.changed) { sched_yield() }
  }

  @Test func aQuietFileShowsItsNextChange() throws {
    let path = try directory.write("one", to: "file")
    let stamp = try stamp(of: path)
    waitForTick(after: stamp)
    #expect(try showsChanges(path, since: stamp))
    try directory.write("two", to: "file")
    #expect(try self.stamp(of: path) != stamp)
  }

  @Test func aStampOfTheSameTickProvesNothing() throws {
    let path = try directory.write("one", to: "file")
    var stamp = try stamp(of: path)
    waitForTick(after: stamp)
    // A file that is changed for ever.
    stamp.modified = .max
    #expect(try !showsChanges(path, since: stamp))
  }

  /// Whoever has it open may have set the stamp, and still be writing.
  @Test func aFileWithAWriterProvesNothing() throws {
    let path = try directory.write("one", to: "file")
    let stamp = try stamp(of: path)
    waitForTick(after: stamp)
    let writer = try Descriptor.open(path, O_WRONLY)
    #expect(try !showsChanges(path, since: stamp))
    _ = consume writer
    #expect(try showsChanges(path, since: stamp))
  }

  @Test func aRoundedStampProvesNothing() throws {
    let path = try directory.write("one", to: "file")
    var stamp = try stamp(of: path)
    waitForTick(after: stamp)
    stamp.changed -= stamp.changed % 1_000_000
    #expect(try !showsChanges(path, since: stamp))
  }

  @Test(arguments: [
    (0xef53, true), (0x5846_5342, true), (0x9123_683e, true), (0x0102_1994, true), (0x794c_7630, true),
    // NFS, FUSE, SMB, FAT, exFAT
    (0x6969, false), (0x6573_5546, false), (0xfe53_4d42, false), (0x4d44, false), (0x2011_bab0, false),
  ])
  func onlySomeFileSystemsHaveTheKernelsClock(type: Int64, isKernels: Bool) {
    #expect(StampClock.isKernels(type: type) == isKernels)
  }
}
