import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

struct DirectoryReaderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func entries(_ reader: borrowing DirectoryReader) throws -> [String: FileKind] {
    let opened = try Descriptor.openDirectory(directory.path)
    var entries: [String: FileKind] = [:]
    try reader.forEachEntry(of: opened) { name, kind in
      #expect(name.length == strlen(name.start) && name.bytes.count == name.length)
      entries[String(cString: name.start)] = kind
    }
    return entries
  }

  @Test func givesEveryEntryOnce() throws {
    for number in 0..<500 { try directory.write("", to: "file-\(number)") }
    _ = try directory.makeDirectory("directory")
    _ = try directory.link("link", to: "absent")
    // One that needs many calls, and one that is used again.
    let reader = DirectoryReader(capacity: 512)
    for _ in 0..<2 {
      let entries = try entries(reader)
      #expect(entries.count == 504)
      // Some file systems leave the kind out.
      let kinds = ["directory", "link", "file-7", "."].compactMap { entries[$0] }
      #expect(kinds == [.directory, .symbolicLink, .regular, .directory] || kinds.allSatisfy { $0 == .unknown })
    }
    let opened = try Descriptor.openDirectory(directory.path)
    #expect(Set(try opened.names().map(\.string)) == Set(try entries(reader).keys).subtracting([".", ".."]))
    #expect(try opened.names().count == 502)
  }

  @Test func directoryThatIsGoneHasNoEntries() throws {
    let opened = try Descriptor.openDirectory(try directory.makeDirectory("gone"))
    try Descriptor.openDirectory(directory.path).removeDirectory("gone")
    try DirectoryReader().forEachEntry(of: opened) { name, _ in Issue.record("\(String(cString: name.start))") }
  }

  @Test func whatIsNoDirectoryCannotBeRead() throws {
    let file = try Descriptor.open(try directory.write("", to: "file"), O_RDONLY)
    #expect(throws: SystemError("getdents64", .notDirectory)) {
      try DirectoryReader().forEachEntry(of: file) { _, _ in }
    }
    #expect(throws: SystemError("open", .notDirectory)) { _ = try Descriptor.openDirectory(directory("file")) }
  }

  @Test(arguments: [(".", true), ("..", true), ("...", false), (".a", false), ("a", false)])
  func knowsDots(name: String, areDots: Bool) {
    name.withCString { #expect(EntryName(start: $0, length: name.utf8.count).isDots == areDots) }
  }

  @Test func statusOfAListedNameIsThatOfThePath() throws {
    let file = try directory.write("abc", to: "file")
    let link = try directory.link("link", to: file)
    let opened = try Descriptor.openDirectory(directory.path)
    #expect(try opened.status(ofEntry: "file") == Descriptor.status(of: file))
    #expect(try opened.status(ofEntry: "link").kind == .symbolicLink)
    #expect(try Descriptor.status(of: link, followingLinks: false) == opened.status(of: "link"))
    #expect(try opened.status(ofEntry: "link", followingLinks: true) == opened.status(of: "file"))
    #expect(throws: SystemError("stat", .noSuchFileOrDirectory)) { try opened.status(ofEntry: "absent") }
    #expect(try Descriptor.status(of: TerminatedPath(Array(file.bytes) + [0])).size == 3)
    #expect(try Descriptor.symbolicLinkTarget(of: link) == file)
    #expect(throws: SystemError("readlink", .invalidArgument)) { try Descriptor.symbolicLinkTarget(of: file) }
  }
}
