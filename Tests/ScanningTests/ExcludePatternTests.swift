import SystemPackage
import Testing

@testable import Scanning

/// What is left out by patterns.
struct ExcludePatternTests {
  private let tree = TemporaryTree()

  init() {
    for name in [
      "a.wasm", "b.wasm", "test/a.wasm", "test/deep/a.wasm", "src/test/b.wasm", "src/x/test.wasm", ".h/c.wasm",
    ] {
      tree.file(name)
    }
  }

  private func left(_ patterns: String...) -> [String] {
    scan([tree.path], excludes: patterns).names(in: tree)
  }

  private let all = [
    "a.wasm", "b.wasm", "src/test/b.wasm", "src/x/test.wasm", "test/a.wasm", "test/deep/a.wasm", ".h/c.wasm",
  ]

  private func all(but names: String...) -> [String] {
    all.filter { !names.contains($0) }.sorted()
  }

  @Test func matchesNamesAtAnyDepth() {
    #expect(left("a.wasm") == all(but: "a.wasm", "test/a.wasm", "test/deep/a.wasm"))
    #expect(left("test") == all(but: "test/a.wasm", "test/deep/a.wasm", "src/test/b.wasm"))
    #expect(left("test*") == all(but: "test/a.wasm", "test/deep/a.wasm", "src/test/b.wasm", "src/x/test.wasm"))
    #expect(left("[ab].was?") == [".h/c.wasm", "src/x/test.wasm"])
    #expect(left("*") == [])
    #expect(left(".*") == all(but: ".h/c.wasm"))
  }

  @Test func matchesPathsFromTheRoot() {
    #expect(left("/test") == all(but: "test/a.wasm", "test/deep/a.wasm"))
    #expect(left("/a.wasm") == all(but: "a.wasm"))
    #expect(left("src/test") == all(but: "src/test/b.wasm"))
    #expect(left("/src/x/*.wasm") == all(but: "src/x/test.wasm"))
    #expect(left("x/test.wasm") == all(but: ""))
    // A star does not match a slash.
    #expect(left("*/a.wasm") == all(but: "test/a.wasm"))
    #expect(left("/*.wasm") == all(but: "a.wasm", "b.wasm"))
    #expect(left("*/test") == all(but: "src/test/b.wasm"))
  }

  @Test func matchesDirectoriesOnlyWithASlashAtTheEnd() {
    #expect(left("test.wasm/") == all(but: ""))
    #expect(left("test/") == all(but: "test/a.wasm", "test/deep/a.wasm", "src/test/b.wasm"))
    #expect(left("/test/") == all(but: "test/a.wasm", "test/deep/a.wasm"))
    #expect(left("src/x/") == all(but: "src/x/test.wasm"))
    #expect(left("/a.wasm/") == all(but: ""))
  }

  @Test func combinesPatterns() {
    #expect(left("/test", "b.wasm", "nothing") == [".h/c.wasm", "a.wasm", "src/x/test.wasm"])
  }

  @Test(arguments: ["", "/", "//"])
  func matchesNothingWithoutAName(pattern: String) {
    #expect(left(pattern) == all(but: ""))
  }

  @Test func doesNotExcludeRoots() {
    #expect(
      scan([tree.path("test"), tree.path("a.wasm")], excludes: ["test", "a.wasm"]).names(in: tree) == ["a.wasm"])
  }

  @Test func isRelativeToTheRootInWhichItLies() {
    let roots = [tree.path("src"), tree.path]
    #expect(
      scan(roots, excludes: ["/test"]).names(in: tree) == ["src/x/test.wasm", ".h/c.wasm", "a.wasm", "b.wasm"])
  }

  @Test(arguments: [false, true])
  func silencesProblemsAndLinks(followLinks: Bool) {
    tree.fifo("bad.wasm")
    tree.link("dangling.wasm", to: "missing")
    tree.link("up", to: ".")
    let outside = TemporaryTree()
    outside.file("z.wasm")
    tree.link("away", to: outside.path.string)
    let result = scan([tree.path], excludes: ["bad.*", "dang*", "up/", "/away/"], followLinks: followLinks)
    #expect(result.problems.isEmpty)
    #expect(result.names(in: tree) == all(but: ""))
  }

  @Test func leavesDirectoriesOfUnknownTypeOut() {
    let result = scan([tree.path], excludes: ["test/"], hooks: .init(ignoresEntryTypes: true))
    #expect(result.names(in: tree) == all(but: "test/a.wasm", "test/deep/a.wasm", "src/test/b.wasm"))
  }
}
