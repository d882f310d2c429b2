import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import Exporting

struct WriteIfChangedTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func stamp(_ path: FilePath) throws -> FileStamp { try Descriptor.status(of: path).stamp }

  @Test func writesOnlyWhatChanges() throws {
    let path = directory("file")
    try WriteIfChanged.write([1, 2, 3], to: path)
    #expect(try [UInt8](contentsOf: path) == [1, 2, 3])
    let before = try stamp(path)
    try WriteIfChanged.write([1, 2, 3], to: path, isLast: true)
    #expect(try stamp(path) == before)
    try WriteIfChanged.write([1, 2, 4], to: path)
    #expect(try [UInt8](contentsOf: path) == [1, 2, 4])
    #expect(try stamp(path).inode != before.inode, "the old file is replaced, not changed")
    #expect(try Descriptor.open(directory.path, O_RDONLY).names() == ["file"])
  }

  @Test func theLastIsNotOlderThanItsDirectory() throws {
    for contents in 0..<20 as Range<UInt8> {
      try WriteIfChanged.write([contents], to: directory("stamp"), isLast: true)
      #expect(try stamp(directory("stamp")).modified >= stamp(directory.path).modified)
    }
  }

  /// A run was killed before it could give the file its name.
  @Test func whatAKilledRunLeftIsRemovedByTheNext() throws {
    let left = [".wasmprecompile-1", ".wasmprecompile-18446744073709551615"]
    let others = [
      ".wasmprecompile-", ".wasmprecompile-x", ".wasmprecompile-18446744073709551616", ".wasmprecompile.toml",
    ]
    for name in left + others { try directory.write("half", to: name) }
    // One is being written by another run.
    let writer = try Descriptor.open(directory(".wasmprecompile-1"), O_RDONLY)
    #expect(try writer.tryLock())
    let folder = try Descriptor.open(directory.path, O_RDONLY)
    func names() throws -> Set<String> { Set(try folder.names().map(\.string)) }
    StagedName.removeAbandoned(in: folder, youth: 1_000_000_000_000)
    #expect(try names() == Set(left + others), "they may not be locked yet")
    // As when they are older.
    StagedName.removeAbandoned(in: folder, youth: -1_000_000_000_000)
    #expect(try names() == Set(others + [".wasmprecompile-1"]))
    writer.unlock()
    StagedName.removeAbandoned(in: folder, youth: -1_000_000_000_000)
    #expect(try names() == Set(others))
    try WriteIfChanged.write([1], to: directory("stamp"))
    #expect(try names() == Set(others + ["stamp"]))
  }

  @Test func linksStayLinks() throws {
    try directory.write("old", to: "real")
    try directory.link("link", to: "real")
    try WriteIfChanged.write([1], to: directory("link"))
    #expect(try [UInt8](contentsOf: directory("real")) == [1])
    #expect(try Descriptor.open(directory.path, O_RDONLY).status(of: "link").kind == .symbolicLink)
  }

  @Test func aPlaceIsFoundWithoutWriting() throws {
    try directory.write("old", to: "file")
    for name in ["file", "new"] { try WriteIfChanged.requirePlace(for: directory(name)) }
    let made = [directory("cache/of mine")]
    for name in ["cache/page", "cache/of mine/page", "cache/of mine/and/page"] {
      try WriteIfChanged.requirePlace(for: directory(name), whenMade: made)
    }
    #expect(throws: WriteIfChangedError.self) {
      try WriteIfChanged.requirePlace(for: directory("cache/other/page"), whenMade: made)
    }
    #expect(try Descriptor.open(directory.path, O_RDONLY).names() == ["file"])
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    func message(_ path: FilePath) -> String? {
      let before = #expect(throws: WriteIfChangedError.self) { try WriteIfChanged.requirePlace(for: path) }
      let error = #expect(throws: WriteIfChangedError.self) { try WriteIfChanged.write([1], to: path) }
      #expect(before == error)
      return error?.description
    }
    #expect(message(directory("missing/file")) == "cannot be written: no such file or directory")
    #expect(message("/dev/null") == "cannot be written: something that is no regular file is there")
    #expect(message(directory.path) == "cannot be written: something that is no regular file is there")
  }
}
