import Dispatch
import Glibc
import Testing

@testable import LinuxIO

@Suite struct DescriptorWatchTests {
  @Test func tellsThatAPipeLostItsReader() throws {
    var ends: [Int32] = [-1, -1]
    try check("pipe", pipe(&ends))
    let lost = DispatchSemaphore(value: 0)
    let watch = try #require(DescriptorWatch.forLossOfReader(of: ends[1]) { lost.signal() })
    close(ends[0])
    lost.wait()
    watch.end()
    close(ends[1])
  }

  @Test func aFileHasNoReader() throws {
    let file = try Descriptor.open("/proc/self/stat", O_RDONLY)
    #expect(DescriptorWatch.forLossOfReader(of: file.raw) {} == nil)
  }

  @Test func tellsEachEventUntilItIsEnded() throws {
    let pipe = try Pipe()
    let told = DispatchSemaphore(value: 0)
    let descriptor = pipe.reading.raw
    let watch = try #require(
      DescriptorWatch(of: descriptor, for: Int16(POLLIN)) {
        var byte: UInt8 = 0
        _ = read(descriptor, &byte, 1)
        told.signal()
        return true
      })
    for _ in 1...3 {
      try pipe.writing.write(all: "x")
      told.wait()
    }
    watch.end()
    watch.end()
  }
}
