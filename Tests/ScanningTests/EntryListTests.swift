import LinuxIO
import Testing

@testable import Scanning

/// The sorting of a directory's entries.
struct EntryListTests {
  private func sorted(_ names: [String], directories: Set<String> = []) -> [String] {
    var list = EntryList()
    for name in names {
      name.withCString {
        list.append(EntryName(start: $0, length: name.utf8.count), directories.contains(name) ? .directory : .file)
      }
    }
    list.sort()
    return list.entries.map { entry in
      let start = Int(entry.nameStart)
      return String(decoding: list.names[start..<start + Int(entry.nameLength)], as: UTF8.self)
    }
  }

  @Test func sortsByBytes() {
    #expect(sorted([]) == [])
    #expect(sorted(["b"]) == ["b"])
    #expect(sorted(["b", "a", ""]) == ["", "a", "b"])
    #expect(sorted(["a.", "a", "a-", "a0"], directories: ["a"]) == ["a-", "a.", "a/", "a0"])
    #expect(
      sorted(["prefix-12345678-b", "prefix-12345678-a", "prefix-1234567", "prefix-12345678"])
        == ["prefix-1234567", "prefix-12345678", "prefix-12345678-a", "prefix-12345678-b"])
  }

  /// Names of few different characters, so that many begin alike.
  @Test func sortsAnyNames() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let prefix = String(repeating: "p", count: Int.random(in: 0..<20, using: &random))
      let names = Set(
        (0..<50).map { _ in
          prefix
            + String(
              (0..<Int.random(in: 1..<12, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" })
        })
      #expect(sorted(Array(names)) == names.sorted())
    }
  }

  /// A directory that changes while it is listed may show a name twice.
  @Test func dropsNamesThatAreThereTwice() {
    let names = ["x1", "x", "x1", "a-longer-name", "x", "x", "a-longer-name"]
    #expect(sorted(names) == ["a-longer-name", "x", "x1"])
    #expect(sorted(names.reversed()) == ["a-longer-name", "x", "x1"])
  }

  @Test func canBeUsedAgain() {
    var list = EntryList()
    for names in [["common-b", "common-a"], ["y", "x"]] {
      list.removeAll()
      for name in names { name.withCString { list.append(EntryName(start: $0, length: name.utf8.count), .file) } }
      list.sort()
      #expect(
        list.entries.map { list.names[Int($0.nameStart) + Int($0.nameLength) - 1] }
          == names.reversed().map { $0.utf8.last })
    }
  }
}
