import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// Several roots, and what they have in common.
struct ScanRootTests {
  private let tree = TemporaryTree()

  @Test func reportsEachFileOnce() {
    for name in ["a/x.wasm", "a/b/y.wasm", "c/z.wasm"] { tree.file(name) }
    tree.link("l", to: "a")
    let (a, b, c) = (tree.path("a"), tree.path("a/b"), tree.path("c"))
    for jobs in 1...3 {
      #expect(scan([a, a], jobs: jobs).names(in: tree) == ["a/b/y.wasm", "a/x.wasm"])
      #expect(scan([a, tree.path("l")], jobs: jobs).names(in: tree) == ["a/b/y.wasm", "a/x.wasm"])
      #expect(scan([a, tree.path("c/../a")], jobs: jobs).names(in: tree) == ["a/b/y.wasm", "a/x.wasm"])
      // A root inside another is one of its own, whichever comes first.
      #expect(scan([a, b, c], jobs: jobs).names(in: tree) == ["a/x.wasm", "a/b/y.wasm", "c/z.wasm"])
      #expect(scan([b, a], jobs: jobs).names(in: tree) == ["a/b/y.wasm", "a/x.wasm"])
      #expect(scan([b, a], jobs: jobs).map(\.root) == [0, 1])
    }
  }

  @Test func reportsFilesOnceThatAreRootsToo() {
    for name in ["a/x.wasm", "a/y.wasm"] { tree.file(name) }
    tree.link("a/l.wasm", to: "x.wasm")
    let (a, x) = (tree.path("a"), tree.path("a/x.wasm"))
    #expect(scan([a, x]).names(in: tree) == ["a/l.wasm", "a/y.wasm", "a/x.wasm"])
    #expect(scan([x, a]).names(in: tree) == ["a/x.wasm", "a/l.wasm", "a/y.wasm"])
    #expect(scan([x, x, tree.path("a/../a/x.wasm")]).names(in: tree) == ["a/x.wasm"])
    // A link is a name of its own.
    #expect(scan([tree.path("a/l.wasm"), x]).count == 2)
  }

  @Test func keepsHardLinksApart() {
    let x = tree.file("x.wasm")
    let y = tree.path("y.wasm")
    #expect(x.withPlatformString { x in y.withPlatformString { link(x, $0) } } == 0)
    let result = scan([tree.path])
    #expect(result.names(in: tree) == ["x.wasm", "y.wasm"])
    #expect(result[0].stamp.identity == result[1].stamp.identity)
    #expect(scan([x, y]).count == 2)
  }

  @Test func tellsWhichRootsAreEmpty() {
    tree.file("full/in/x.wasm")
    tree.file("empty/readme")
    tree.directory("void")
    tree.fifo("bad/x.wasm")
    let roots = ["full", "empty", "void", "bad", "none", "full/in", "full/in/x.wasm", "empty"].map { tree.path($0) }
    let result = scan(roots)
    // All that is in `full` is listed under roots in it; `bad` and `none` have problems of their own.
    #expect(result.emptyRoots == [1, 2])
    #expect(result.modulesPerRoot == [0, 0, 0, 0, 0, 0, 1, 0])
    #expect(scan(Array(roots[0...2])).modulesPerRoot == [1, 0, 0])
  }

  @Test func doesNotCallARootEmptyWhoseLinksLeadIntoAnother() {
    tree.file("a/x.wasm")
    tree.link("b/l", to: "../a")
    #expect(scan([tree.path("a"), tree.path("b")], followLinks: true).emptyRoots == [])
    #expect(scan([tree.path("a"), tree.path("b")]).emptyRoots == [1])
  }

  @Test func callsARootEmptyThatOnlyHasAWarning() {
    tree.link("here", to: ".")
    let result = scan([tree.path], followLinks: true)
    #expect(result.problems.map(\.reason) == [.linkCycle])
    #expect(result.emptyRoots == [0])
  }

  @Test func scansNothing() {
    let result = scan([])
    #expect(result.isEmpty && result.problems.isEmpty && result.emptyRoots.isEmpty)
  }
}
