import Glibc
import LinuxIO
import TestSupport
import Testing

struct OpenFilePathTests {
  @Test(arguments: [0, 1, 9, 10, 99, 100, 1000, 65_535, 1_000_000_000, Int32.max]) func namesTheDescriptor(_ raw: Int32)
  {
    let descriptor = Descriptor(owning: raw)
    #expect(OpenFilePath(descriptor).withCText { String(cString: $0) } == "/proc/self/fd/\(raw)")
    _ = descriptor.release()
  }

  @Test func leadsToTheFileThatIsOpen() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("first", to: "file")
    let open = try Descriptor.open(path, O_RDONLY)
    try directory.write("second", to: "other")
    let folder = try Descriptor.open(directory.path, O_RDONLY)
    try folder.rename("other", to: folder, as: "file")
    #expect(try Descriptor.open(OpenFilePath(open), O_RDONLY).contents() == Array("first".utf8))
  }
}
