import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// What symbolic links lead to.
struct ScanLinkTests {
  private let tree = TemporaryTree()

  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func takesLinksToFiles(followLinks: Bool, ignoringTypes: Bool) throws {
    tree.file("store/data", size: 123)
    tree.link("a.wasm", to: "store/data")
    tree.link("b", to: "store/data")
    let result = scan([tree.path], followLinks: followLinks, hooks: .init(ignoresEntryTypes: ignoringTypes))
    #expect(result.names(in: tree) == ["a.wasm"])
    #expect(result.first?.stamp.size == 123)
    #expect(result.first.map { FileKind(mode: $0.stamp.mode) } == .regular)
    #expect(result.problems.isEmpty)
  }

  @Test(arguments: [false, true])
  func reportsLinksToNothing(followLinks: Bool) {
    tree.link("a.wasm", to: "missing")
    tree.file("file")
    tree.link("b.wasm", to: "file/below")
    tree.link("ignored", to: "missing")
    let result = scan([tree.path], followLinks: followLinks)
    let text = "cannot follow symbolic link: its target does not exist"
    #expect(result.complaints(in: tree) == ["a.wasm: \(text)", "b.wasm: \(text)"])
    #expect(result.isEmpty)
    #expect(scan([tree.path("a.wasm")]).problems.map(\.reason) == [.danglingLink])
  }

  @Test(arguments: [false, true])
  func reportsLinksToThemselves(followLinks: Bool) {
    tree.link("a.wasm", to: "a.wasm")
    tree.link("b", to: "b")
    let result = scan([tree.path], followLinks: followLinks)
    #expect(
      result.complaints(in: tree) == [
        "a.wasm: cannot examine module: too many levels of symbolic links"
      ])
    #expect(scan([tree.path("b")]).problems.map(\.reason) == [.root(.tooManySymbolicLinkLevels)])
  }

  @Test func reportsLinksToWhatIsNoFile() {
    tree.link("a.wasm", to: "/dev/zero")
    #expect(scan([tree.path]).problems.map(\.reason) == [.notRegular(.characterDevice)])
  }

  @Test func entersLinkedDirectoriesOnlyWhenTold() {
    let outside = TemporaryTree()
    outside.file("x.wasm")
    tree.link("b", to: outside.path.string)
    tree.link("d.wasm", to: outside.path.string)
    tree.file("c.wasm")
    #expect(scan([tree.path]).names(in: tree) == ["c.wasm"])
    #expect(scan([tree.path]).problems.isEmpty)
    let result = scan([tree.path], followLinks: true)
    #expect(result.names(in: tree) == ["b/x.wasm", "c.wasm"])
    #expect(result.problems.isEmpty)
  }

  @Test func entersRootsThatAreLinks() {
    tree.file("real/x.wasm")
    tree.link("l", to: "real")
    #expect(scan([tree.path("l")]).names(in: tree) == ["l/x.wasm"])
  }

  @Test func prefersTheRealPath() {
    tree.file("z/x.wasm")
    for link in ["a", "b", "m/c"] { tree.link(link, to: tree.path("z").string) }
    let result = scan([tree.path], followLinks: true)
    #expect(result.names(in: tree) == ["z/x.wasm"])
    #expect(result.problems.isEmpty)
  }

  @Test func prefersTheFirstOfSeveralLinks() {
    let outside = TemporaryTree()
    outside.file("x.wasm")
    for link in ["b/l", "a/m", "a/l", "c/l"] { tree.link(link, to: outside.path.string) }
    #expect(scan([tree.path], followLinks: true).names(in: tree) == ["a/l/x.wasm"])
    #expect(scan([tree.path("c"), tree.path("a")], followLinks: true).names(in: tree) == ["c/l/x.wasm"])
  }

  @Test func skipsLinksNamedAsVersionControl() {
    let outside = TemporaryTree()
    outside.file("x.wasm")
    tree.link(".git", to: outside.path.string)
    #expect(scan([tree.path], followLinks: true).isEmpty)
  }

  @Test func warnsOfCycles() {
    tree.file("a/b/x.wasm")
    tree.link("a/b/up", to: "..")
    tree.link("a/here", to: ".")
    let result = scan([tree.path], followLinks: true)
    #expect(result.names(in: tree) == ["a/b/x.wasm"])
    let text = "not following symbolic link: it leads to a directory that it lies in"
    #expect(result.complaints(in: tree) == ["a/b/up: \(text)", "a/here: \(text)"])
    #expect(result.problems.allSatisfy { $0.isWarning })
    #expect(scan([tree.path]).problems.isEmpty)
  }

  @Test func findsCyclesThroughDirectoriesOutside() {
    let outside = TemporaryTree()
    outside.file("one/x.wasm")
    outside.file("two/y.wasm")
    outside.link("one/next", to: outside.path("two").string)
    outside.link("two/back", to: outside.path("one").string)
    tree.link("start", to: outside.path("one").string)
    let result = scan([tree.path], followLinks: true)
    #expect(result.names(in: tree) == ["start/next/y.wasm", "start/x.wasm"])
    #expect(result.problems.map(\.reason) == [.linkCycle])
    #expect(result.problems.first?.path.name(in: tree) == "start/next/back")
  }

  /// Each directory links to all others: there are more ways through them than a scan could ever take.
  @Test func scansEachDirectoryOnceHoweverManyLinksLeadToIt() {
    let outside = TemporaryTree()
    for from in 0..<30 {
      outside.file("d\(from)/x.wasm")
      for to in 0..<30 where to != from { outside.link("d\(from)/l\(to)", to: "../d\(to)") }
    }
    tree.link("start", to: outside.path("d0").string)
    let expected = scan([tree.path], followLinks: true, jobs: 1)
    #expect(expected.count == 30)
    #expect(expected.problems.allSatisfy { $0.isWarning })
    for jobs in 1...4 {
      let result = scan([tree.path], followLinks: true, jobs: jobs)
      #expect(result.rawPaths == expected.rawPaths)
      #expect(result.problems == expected.problems)
    }
  }

  @Test func stopsALinkedTreeAtTheRoots() {
    let outside = TemporaryTree()
    outside.file("a/x.wasm")
    outside.file("root/y.wasm")
    outside.link("root/up", to: "..")
    let result = scan([outside.path("root")], followLinks: true)
    #expect(result.names(in: outside) == ["root/up/a/x.wasm", "root/y.wasm"])
    #expect(result.problems.isEmpty)
  }
}
