import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

struct RegularFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func contents(of path: FilePath, limit: Int = 1000) -> Result<[UInt8], RegularFileError> {
    Result { () throws(RegularFileError) in try RegularFile(path).contents(limit: limit) }
  }

  @Test func givesEverythingInAFile() throws {
    let file = try directory.write("abc", to: "file")
    #expect(contents(of: file) == .success(Array("abc".utf8)))
    #expect(contents(of: try directory.link("link", to: file)) == .success(Array("abc".utf8)))
    #expect(contents(of: try directory.write("", to: "empty")) == .success([]))
    #expect(contents(of: file, limit: 3) == .success(Array("abc".utf8)))
    #expect(contents(of: file, limit: 2) == .failure(.tooLarge(bytes: 3, limit: 2)))
    #expect(contents(of: directory("absent")) == .failure(.system(SystemError("stat", .noSuchFileOrDirectory))))
  }

  /// Without waiting for a FIFO's writer.
  @Test func refusesWhatIsNoRegularFile() throws {
    let fifo = directory("fifo")
    #expect(fifo.withPlatformString { mkfifo($0, 0o600) } == 0)
    #expect(contents(of: fifo) == .failure(.notRegular(.fifo)))
    #expect(contents(of: directory.path) == .failure(.notRegular(.directory)))
    #expect(contents(of: "/dev/null") == .failure(.notRegular(.characterDevice)))
  }

  @Test func nameInADirectoryIsNoSymbolicLink() throws {
    try directory.write("abc", to: "file")
    _ = try directory.link("link", to: "file")
    let opened = try Descriptor.openDirectory(directory.path)
    #expect(try RegularFile("file", in: opened).contents(limit: 3) == Array("abc".utf8))
    #expect(throws: RegularFileError.notRegular(.symbolicLink)) { _ = try RegularFile("link", in: opened) }
  }

  @Test func isReadAgainWhenItChanged() throws {
    let path = try directory.write("abc", to: "file")
    let file = try RegularFile(path)
    var rounds = 0
    let size = try file.whileUnchanged { status throws(RegularFileError) in
      rounds += 1
      // What is thrown of a file in that state is not its fault.
      if rounds == 1 {
        append("d", to: path)
        throw .tooLarge(bytes: 0, limit: 0)
      }
      return status.size
    } failure: {
      $0
    }
    #expect(size == 4 && rounds == 2)
    #expect(throws: RegularFileError.changed) {
      _ = try file.whileUnchanged { status throws(RegularFileError) in
        append("e", to: path)
      } failure: {
        $0
      }
    }
    #expect(throws: RegularFileError.tooLarge(bytes: 1, limit: 0)) {
      try file.whileUnchanged { status throws(RegularFileError) in
        throw .tooLarge(bytes: 1, limit: 0)
      } failure: {
        $0
      }
    }
  }

  private func append(_ text: String, to path: FilePath) {
    try? Descriptor.open(path, O_WRONLY | O_APPEND).write(all: text)
  }

  @Test func saysWhyAFileWasNotRead() {
    #expect("\(RegularFileError.system(SystemError("open", .permissionDenied)))" == "permission denied")
    #expect("\(RegularFileError.notRegular(.fifo))" == "it is a FIFO")
    #expect("\(RegularFileError.tooLarge(bytes: 3, limit: 2))" == "it has 3 bytes, more than 2")
    #expect("\(RegularFileError.changed)" == "it changed while it was being read")
  }

  @Test func readsWhatTheKernelSays() throws {
    #expect(try PseudoFile.text(at: "/proc/self/comm").hasSuffix("\n"))
    #expect(throws: SystemError("open", .noSuchFileOrDirectory)) { try PseudoFile.text(at: "/proc/self/absent") }
  }
}
