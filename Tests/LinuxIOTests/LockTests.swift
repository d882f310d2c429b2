import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Locks that somebody else may hold for ever.
struct LockTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("", to: "file")
  }

  private func open() throws -> Descriptor { try Descriptor.open(directory("file"), O_RDONLY) }

  @Test func aLockIsWaitedForUntilADeadline() throws {
    let holder = try open()
    #expect(try holder.tryLock())
    let waiting = try open()
    #expect(try !waiting.lock(until: .now()))
    #expect(try !waiting.lock(shared: true, until: .now().adding(seconds: 0.01)))
    holder.unlock()
    #expect(try waiting.lock(until: .now()))
  }

  @Test func waitingEndsWhenItIsNoLongerWanted() throws {
    let holder = try open()
    #expect(try holder.tryLock())
    let waiting = try open()
    let asked = Atomic(0)
    #expect(
      try !waiting.lock(until: MonotonicInstant(nanoseconds: .max)) {
        asked.add(1, ordering: .relaxed).newValue > 3
      })
    #expect(asked.load(ordering: .relaxed) == 4)
  }

  @Test func sharersShare() throws {
    let one = try open()
    let other = try open()
    #expect(try one.tryLock(shared: true))
    #expect(try other.lock(shared: true, until: .now()))
    #expect(try !other.tryLock())
  }

  @Test(arguments: ["fifo", "directory", "link"]) func onlyRegularFilesAreOpened(_ kind: String) throws {
    let folder = try Descriptor.open(directory.path, O_RDONLY | O_DIRECTORY)
    _ = try Tool.shell(
      "cd \"$1\" && case $2 in fifo) mkfifo x;; directory) mkdir x;; link) ln -s file x;; esac",
      [directory.path.string, kind])
    #expect(throws: SystemError.self) { _ = try folder.openRegularFile("x", O_RDONLY) }
    #expect(throws: SystemError.self) { _ = try folder.openRegularFile("x", O_RDWR | O_CREAT, mode: 0o600) }
    _ = try folder.openRegularFile("new", O_RDWR | O_CREAT, mode: 0o600)
    #expect(try folder.status(of: "new").permissions == 0o600)
  }

  @Test func aClockThatDoesNotFitIsTheLastTimeThatDoes() {
    func nanoseconds(_ seconds: Int) -> Int64 {
      var status = stat()
      status.st_mtim = timespec(tv_sec: seconds, tv_nsec: 999_999_999)
      return FileStamp(status).modified
    }
    #expect(nanoseconds(9_223_372_036) == .max)
    #expect(nanoseconds(10_000_000_000) == .max && nanoseconds(.max) == .max && nanoseconds(.min) == .min)
    #expect(nanoseconds(9_223_372_035) == 9_223_372_035_999_999_999)
  }
}
