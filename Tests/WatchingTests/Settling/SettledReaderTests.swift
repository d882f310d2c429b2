import Dispatch
import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Watching

@Suite struct SettledReaderTests {
  let scratch: Scratch
  let path: FilePath

  init() throws {
    scratch = try Scratch()
    path = scratch.path.appending("x.wasm")
  }

  private func read(during meanwhile: () throws -> Void = {}) throws -> SettledReader.Reading<String> {
    try SettledReader.read(path) { file, stamp in
      let text = try withUnsafeTemporaryAllocation(byteCount: Int(stamp.size) + 1, alignment: 1) { buffer in
        String(decoding: buffer.prefix(try file.read(into: buffer)), as: UTF8.self)
      }
      try meanwhile()
      return text
    }
  }

  @Test func quietFileIsReady() throws {
    try Shell.write("text", to: path)
    guard case .ready(let text, let stamp) = try read() else { return #expect(Bool(false), "not ready") }
    #expect(text == "text" && stamp.size == 4)
  }

  @Test func fileThatIsOpenForWritingIsBusyUntilItIsClosed() throws {
    let writer = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
    #expect(try read().isBusy)
    try writer.writeAll("x".utf8)
    #expect(try read().isBusy)
    try writer.close()
    #expect(try !read().isBusy)
  }

  @Test func writableMappingIsBusyUntilItIsGone() throws {
    try Shell.write("text", to: path)
    let file = try FileDescriptor.open(path, .readWrite)
    let mapping = try #require(mmap(nil, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue, 0))
    try file.close()
    #expect(try read().isBusy)
    munmap(mapping, 4)
    #expect(try !read().isBusy)
  }

  @Test func readersDoNotDisturb() throws {
    try Shell.write("text", to: path)
    let reader = try FileDescriptor.open(path, .readOnly)
    #expect(try !read().isBusy)
    try reader.close()
  }

  @Test func changeWhileItIsReadIsBusy() throws {
    try Shell.write("text", to: path)
    #expect(try read(during: { try Shell.write("more text", to: path) }).isBusy)
    // The stamp of a file that gets another name changes too; once is enough.
    #expect(try read(during: { try Shell.ln(path, scratch.path.appending("y")) }).isBusy)
    #expect(try !read().isBusy)
  }

  @Test func replacedFileIsStillTheOneThatWasOpened() throws {
    try Shell.write("old", to: path)
    let new = scratch.path.appending("new")
    try Shell.write("new", to: new)
    // The replaced inode loses its name, which its stamp shows.
    #expect(try read(during: { try Shell.mv(new, path) }).isBusy)
  }

  @Test func errorOfTheReaderIsPassedOnUnlessTheFileChanged() throws {
    struct Broken: Error {}
    try Shell.write("text", to: path)
    #expect(throws: SettledReader.Failure<Broken>.self) {
      try SettledReader.read(path) { (_, _) throws(Broken) -> Int in throw Broken() }
    }
    let reading = try SettledReader.read(path) { (_, _) throws(Broken) -> Int in
      try? Shell.write("changed", to: path)
      throw Broken()
    }
    guard case .busy = reading else { return #expect(Bool(false), "not busy") }
  }

  @Test func whatIsNoFileIsNoModule() throws {
    guard case .gone = try read() else { return #expect(Bool(false), "not gone") }
    try Shell.mkdir(path)
    guard case .notRegular = try read() else { return #expect(Bool(false), "a directory") }
    try Shell.rm(path)
    try Shell.check(mkfifo(path.string, 0o600))
    guard case .notRegular = try read() else { return #expect(Bool(false), "a pipe") }
    try Shell.rm(path)
    try Shell.lnSymbolic("nowhere", path)
    guard case .gone = try read() else { return #expect(Bool(false), "a link to nothing") }
  }

  @Test func linkIsReadThrough() throws {
    try Shell.write("text", to: scratch.path.appending("target"))
    try Shell.lnSymbolic("target", path)
    guard case .ready("text", _) = try read() else { return #expect(Bool(false), "not ready") }
  }

  /// A writer that opens the file while the lease is held makes the kernel send a signal.
  @Test func leaseNeverEndsTheProcessNorBlocksAWriterForLong() throws {
    try Shell.write("text", to: path)
    let path = path
    DispatchQueue.concurrentPerform(iterations: 2) { worker in
      for _ in 0..<5_000 {
        if worker == 0 {
          _ = try? SettledReader.read(path) { (_, _) throws(Errno) in }
        } else {
          let writer = try? FileDescriptor.open(path, .writeOnly)
          try? writer?.close()
        }
      }
    }
  }
}

extension SettledReader.Reading {
  var isBusy: Bool { if case .busy = self { true } else { false } }
}
