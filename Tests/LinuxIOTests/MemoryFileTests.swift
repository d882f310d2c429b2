import Glibc
import LinuxIO
import SystemPackage
import Testing

struct MemoryFileTests {
  @Test func sealedContentsCannotChange() throws {
    let file = try MemoryFile(name: "test")
    try file.descriptor.write(all: "contents")
    try file.seal()
    #expect(throws: SystemError("write", .notPermitted)) { try file.descriptor.write(all: "x") }
    #expect(throws: SystemError("ftruncate", .notPermitted)) { try file.descriptor.setSize(0) }
    #expect(throws: SystemError("ftruncate", .notPermitted)) { try file.descriptor.setSize(100) }
    #expect(mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor.raw, 0) == MAP_FAILED)
    let mapping = try Mapping(file.descriptor, size: 8)
    #expect(Array(mapping.bytes) == Array("contents".utf8))
  }

  /// Otherwise whoever made the file could change it after it was looked at.
  @Test func cannotBeSealedWhileSomeoneCanWriteThroughMemory() throws {
    let file = try MemoryFile(name: "test")
    try file.descriptor.setSize(4096)
    let memory = try #require(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor.raw, 0))
    try #require(memory != MAP_FAILED)
    #expect(throws: SystemError("fcntl", .resourceBusy)) { try file.seal() }
    munmap(memory, 4096)
    try file.seal()
  }

  @Test func fixedSizeBoundsWhatIsWritten() throws {
    let file = try MemoryFile(name: "test")
    try file.fixSize(4096)
    try [UInt8](repeating: 1, count: 4096).withUnsafeBytes { try file.descriptor.write(all: $0) }
    #expect(throws: SystemError("write", .notPermitted)) { try file.descriptor.write(all: "x") }
    #expect(throws: SystemError("ftruncate", .notPermitted)) { try file.descriptor.setSize(4097) }
  }

  @Test func nothingIsMappedOfAnEmptyFile() throws {
    let file = try MemoryFile(name: "test")
    #expect(try Mapping(file.descriptor, size: 0).bytes.isEmpty)
  }
}
