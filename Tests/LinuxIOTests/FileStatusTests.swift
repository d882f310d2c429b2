import Glibc
import LinuxIO
import Testing

struct FileStatusTests {
  @Test func anyTimeFitsAStamp() {
    var status = stat()
    status.st_mtim = timespec(tv_sec: 1_700_000_000, tv_nsec: 123_456_789)
    status.st_ctim = timespec(tv_sec: -1, tv_nsec: 999_999_999)
    #expect(FileStamp(status).modified == 1_700_000_000_123_456_789)
    #expect(FileStamp(status).changed == -1)
    status.st_mtim = timespec(tv_sec: .max, tv_nsec: 999_999_999)
    status.st_ctim = timespec(tv_sec: .min, tv_nsec: 0)
    #expect(FileStamp(status).modified == .max)
    #expect(FileStamp(status).changed == .min)
    status.st_mtim = timespec(tv_sec: Int(Int64.max / 1_000_000_000), tv_nsec: 999_999_999)
    #expect(FileStamp(status).modified == .max)
  }

  @Test(arguments: [
    (S_IFREG, FileKind.regular, "a regular file"), (S_IFDIR, .directory, "a directory"),
    (S_IFLNK, .symbolicLink, "a symbolic link"), (S_IFIFO, .fifo, "a FIFO"), (S_IFSOCK, .socket, "a socket"),
    (S_IFCHR, .characterDevice, "a character device"), (S_IFBLK, .blockDevice, "a block device"),
    (0, .unknown, "of an unknown kind"),
  ])
  func modeSaysTheKind(_ type: UInt32, _ kind: FileKind, _ description: String) {
    #expect(FileKind(mode: type | 0o644) == kind)
    #expect(kind.description == description)
  }
}

struct MonotonicInstantTests {
  @Test func countsForwardsOnly() {
    let early = MonotonicInstant(nanoseconds: 1_000)
    let late = MonotonicInstant(nanoseconds: 3_500)
    #expect(late.nanoseconds(since: early) == 2_500)
    #expect(early.nanoseconds(since: late) == 0)
    #expect(early < late)
    #expect(MonotonicInstant.now() <= MonotonicInstant.now())
  }

  @Test func deadlineBeyondAllBoundsIsNone() {
    let now = MonotonicInstant(nanoseconds: 1_000)
    #expect(now.adding(seconds: 1.5) == MonotonicInstant(nanoseconds: 1_500_001_000))
    #expect(now.adding(seconds: -5) == now)
    #expect(now.adding(seconds: .infinity) == MonotonicInstant(nanoseconds: .max))
    #expect(now.adding(seconds: .nan) == MonotonicInstant(nanoseconds: .max))
    #expect(now.adding(seconds: 1e300) == MonotonicInstant(nanoseconds: .max))
  }
}
