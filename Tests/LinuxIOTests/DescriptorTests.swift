import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

struct DescriptorTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func opened() throws -> Descriptor { try Descriptor.open(directory.path, O_RDONLY | O_DIRECTORY) }

  // MARK: The process's table

  @Test func roomIsMadeForAsManyAsThereMayBe() throws {
    Descriptor.reserve(1500)
    let status = String(decoding: try [UInt8](contentsOf: "/proc/self/status"), as: UTF8.self)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("FDSize:") })
    #expect(try #require(Int(line.split(separator: "\t")[1])) >= min(1500, Descriptor.limit))
    // More than there may be is no reason to do nothing, or to keep anything open.
    Descriptor.reserve(.max)
    #expect(fcntl(Int32(clamping: Descriptor.limit - 1), F_GETFD) == -1)
  }

  // MARK: Files

  @Test func noChildInheritsADescriptor() throws {
    let file = try opened().open("file", O_RDWR | O_CREAT, mode: 0o600)
    #expect(fcntl(file.raw, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC)
  }

  @Test func writesAndReadsAtOffsets() throws {
    let file = try opened().open("file", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    try file.write(all: "abcdef")
    #expect(try read(file, count: 3, at: 2) == Array("cde".utf8))
    #expect(try read(file, count: 100, at: 4) == Array("ef".utf8))
    #expect(try read(file, count: 100, at: 6) == [])
    #expect(try read(file, count: 100, at: 600) == [])
    try file.setSize(2)
    #expect(try file.status().size == 2)
    try file.setMode(0o444)
    #expect(try file.status().permissions == 0o444)
  }

  @Test func flushingClosesOnlyACopy() throws {
    let file = try opened().open("file", O_RDWR | O_CREAT, mode: 0o600)
    try file.flush()
    #expect(fcntl(file.raw, F_GETFD) >= 0)
    #expect(throws: SystemError("fcntl", .badFileDescriptor)) { try Descriptor(owning: -1).flush() }
  }

  @Test func releasedDescriptorStaysOpen() throws {
    let pair = try MessageSocket.pair()
    let raw = pair.given.raw
    let copy = Descriptor(owning: dup(raw))
    let released = copy.release()
    #expect(fcntl(released, F_GETFD) >= 0)
    close(released)
  }

  @Test func failuresNameTheCallAndTheReason() throws {
    let folder = try opened()
    try directory.write("", to: "file")
    let missing = #expect(throws: SystemError.self) { _ = try folder.open("missing", O_RDONLY) }
    #expect(missing == SystemError("open", .noSuchFileOrDirectory))
    #expect(missing?.description == "no such file or directory")
    #expect(throws: SystemError("unlink", .noSuchFileOrDirectory)) { try folder.remove("missing") }
    #expect(throws: SystemError("rmdir", .notDirectory)) { try folder.removeDirectory("file") }
    #expect(throws: SystemError("rename", .noSuchFileOrDirectory)) { try folder.rename("missing", to: folder, as: "x") }
    #expect(throws: SystemError("mkdir", .fileExists)) { try folder.makeDirectory("file") }
    #expect(throws: SystemError("symlink", .fileExists)) { try folder.makeSymbolicLink("file", to: "x") }
    #expect(throws: SystemError("readlink", .invalidArgument)) { _ = try folder.symbolicLinkTarget("file") }
    #expect(throws: SystemError("stat", .noSuchFileOrDirectory)) { _ = try folder.status(of: "missing") }
  }

  // MARK: Writers

  private func isOpenForWriting(_ path: FilePath) throws -> Bool {
    try Descriptor.open(path, O_RDONLY).isOpenForWriting
  }

  /// A writer that closed may live on for a moment in a child that another test is just starting.
  private func waitForLastWriter(of path: FilePath) throws {
    while try isOpenForWriting(path) { sched_yield() }
  }

  @Test(.timeLimit(.minutes(2))) func knowsOfWritersButNotOfReaders() throws {
    let path = try directory.write("text", to: "file")
    let reader = try Descriptor.open(path, O_RDONLY)
    try waitForLastWriter(of: path)
    do {
      let writer = try Descriptor.open(path, O_WRONLY)
      #expect(try isOpenForWriting(path))
      try writer.write(all: "x")
      #expect(try isOpenForWriting(path))
    }
    try waitForLastWriter(of: path)
    #expect(try read(reader, count: 4, at: 0) == Array("xext".utf8))
  }

  @Test(.timeLimit(.minutes(2))) func aWritableMappingIsAWriter() throws {
    let path = try directory.write("text", to: "file")
    let mapping: UnsafeMutableRawPointer
    do {
      let writer = try Descriptor.open(path, O_RDWR)
      mapping = mmap(nil, 4, PROT_READ | PROT_WRITE, MAP_SHARED, writer.raw, 0)
    }
    try #require(mapping != MAP_FAILED)
    #expect(try isOpenForWriting(path))
    munmap(mapping, 4)
    try waitForLastWriter(of: path)
  }

  /// A writer that opens the file while the lease is held makes the kernel send a signal.
  @Test(.timeLimit(.minutes(2))) func askingNeverEndsTheProcessNorHoldsAWriterUp() throws {
    let path = try directory.write("text", to: "file")
    Concurrently.run(2) { worker in
      for _ in 0..<5_000 {
        if worker == 0 { _ = try? isOpenForWriting(path) } else { _ = try? Descriptor.open(path, O_WRONLY) }
      }
    }
    try waitForLastWriter(of: path)
  }

  // MARK: Directories

  @Test func listsNamesThatAreNotText() throws {
    let folder = try opened()
    let odd = [UInt8]([0xff, 0x0a, 0x1b]) + [0]
    let name = odd.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CInterop.PlatformChar.self) { FilePath(platformString: Array($0)) }
    }
    _ = try folder.open(name, O_WRONLY | O_CREAT, mode: 0o600)
    try directory.write("", to: ".hidden")
    try directory.makeDirectory("folder")
    let names = Set(try folder.names())
    #expect(names == Set([name.lastComponent, ".hidden", "folder"].compactMap { $0 }))
    #expect(Set(try folder.names()) == names, "a second listing starts at the beginning, too")
  }

  @Test func makesDirectoriesForTheirOwnerOnly() throws {
    let folder = try opened()
    let made = try folder.openOrMakeDirectory("new")
    #expect(try made.status().permissions == 0o700)
    #expect(try folder.openOrMakeDirectory("new").status().stamp.identity == made.status().stamp.identity)
  }

  @Test(arguments: ["link", "file"]) func refusesWhatIsNoDirectoryInItsPlace(_ name: String) throws {
    try directory.makeDirectory("folder")
    try directory.link("link", to: "folder")
    try directory.write("", to: "file")
    #expect(throws: SystemError("open", .notDirectory)) { _ = try opened().openOrMakeDirectory(name) }
  }

  @Test func readsLinksWithoutFollowingThem() throws {
    let folder = try opened()
    try folder.makeSymbolicLink("link", to: "some/where")
    #expect(try folder.symbolicLinkTarget("link") == Array("some/where".utf8))
    #expect(try folder.symbolicLinkTarget("link", limit: 4) == Array("some".utf8))
    #expect(try folder.status(of: "link").kind == .symbolicLink)
    #expect(throws: SystemError("stat", .noSuchFileOrDirectory)) {
      _ = try folder.status(of: "link", followingLinks: true)
    }
  }

  @Test func renameReplacesWhatIsThere() throws {
    try directory.write("new", to: "a")
    try directory.write("old", to: "b")
    try opened().rename("a", to: try opened(), as: "b")
    #expect(try [UInt8](contentsOf: directory("b")) == Array("new".utf8))
    #expect(try opened().names() == ["b"])
  }

  // MARK: Locks

  @Test func lockExcludesOtherOpenFilesUntilItsOwnerGoes() throws {
    try directory.write("", to: "file")
    let other = try Descriptor.open(directory("file"), O_RDWR)
    do {
      let file = try Descriptor.open(directory("file"), O_RDWR)
      #expect(try file.tryLock())
      #expect(try !other.tryLock())
    }
    #expect(try other.tryLock())
  }

  @Test func byteLocksExcludeOtherOpenFilesByteByByte() throws {
    try directory.write("", to: "file")
    let other = try Descriptor.open(directory("file"), O_RDWR)
    let last = Int64(1) << 62 - 1
    do {
      let file = try Descriptor.open(directory("file"), O_RDWR)
      #expect(try file.tryLockByte(last))
      #expect(try file.tryLockByte(0))
      #expect(try !other.tryLockByte(last))
      #expect(try other.tryLockByte(last - 1))
      file.unlockByte(last)
      #expect(try other.tryLockByte(last))
      #expect(try !other.tryLockByte(0))
    }
    #expect(try other.tryLockByte(0))
  }
}

private func read(_ file: borrowing Descriptor, count: Int, at offset: Int) throws -> [UInt8] {
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
  defer { buffer.deallocate() }
  return Array(buffer[..<(try file.read(into: buffer, at: offset))])
}
