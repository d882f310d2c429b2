import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import LinuxIO

struct ProcessMemoryTests {
  /// Four processes that each look at the same 64 MB.
  private static let script = """
    import mmap, os
    held = mmap.mmap(-1, 64 << 20)
    held.write(b"x" * (64 << 20))
    reading, writing = os.pipe()
    for number in range(3):
      if os.fork() == 0:
        os.close(writing)
        held[::4096]
        print(os.getpid(), flush=True)
        os.read(reading, 1)
        os._exit(0)
    print(os.getpid(), flush=True)
    os.read(reading, 1)
    """

  /// The kernel leaves lines out where there is no swap.
  @Test func whatIsSwappedOutCountsToo() {
    let status = "Name:\ta 1\nVmRSS:\t    1000 kB\nVmData:\t 7 kB\nVmSwap:\t     24 kB\n"
    #expect(ProcessMemory.sum(of: ["VmRSS", "VmSwap"], in: status) == 1024 << 10)
    #expect(ProcessMemory.sum(of: ["Pss", "SwapPss"], in: "Pss:  3 kB\nPss_Dirty: 5 kB\nSwapPss:  4 kB\n") == 7 << 10)
    #expect(ProcessMemory.sum(of: ["VmRSS", "VmSwap"], in: "VmRSS:\t2 kB\n") == 2 << 10)
    #expect(ProcessMemory.sum(of: ["VmRSS", "VmSwap"], in: "VmSwap:\t2 kB\n") == nil)
    #expect(ProcessMemory.sum(of: ["VmRSS"], in: "") == nil)
  }

  @Test func whatIsSharedCountsOnce() throws {
    let pair = try MessageSocket.pair()
    let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
    let child = try ChildProcess(
      executable: "/usr/bin/python3", arguments: ["python3", "-I", "-c", Self.script], environment: ["ONE=1"],
      descriptors: [nullDevice.raw, pair.given.raw, nullDevice.raw])
    let socket = pair.keep()
    let processes = try (0..<4).map { _ in
      let line = String(decoding: try socket.receive(limit: 100).bytes, as: UTF8.self)
      return try #require(pid_t(line.prefix { !$0.isNewline }))
    }
    #expect(processes.reduce(0) { $0 + ProcessMemory.resident(in: $1) } > 256 << 20)
    #expect(!ProcessMemory.exceeds(160 << 20, processes))
    #expect(ProcessMemory.exceeds(60 << 20, processes))
    #expect(!ProcessMemory.exceeds(0, []))
    #expect(ProcessMemory.resident(in: 0) == 0)
    withExtendedLifetime(child) {}
  }
}
