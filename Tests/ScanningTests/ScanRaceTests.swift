import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// What changes between the listing of a directory and the examination of what is in it.
struct ScanRaceTests {
  private let tree = TemporaryTree()

  /// Scans, with `change` made when the tree's own directory has been listed.
  private func scanChanging(_ change: @escaping @Sendable () -> Void) -> ScanResult {
    let root = tree.path
    return scan([root], hooks: .init(listed: { if $0 == root { change() } }))
  }

  @Test func doesNotMissWhatVanishes() {
    let tree = tree
    tree.file("a.wasm")
    tree.file("b.wasm")
    tree.link("c.wasm", to: "b.wasm")
    tree.file("d/x.wasm")
    let result = scanChanging {
      for name in ["a.wasm", "c.wasm", "d"] { TemporaryTree.remove(tree.path(name)) }
    }
    #expect(result.names(in: tree) == ["b.wasm"])
    #expect(result.problems.isEmpty)
  }

  @Test func judgesWhatIsThereNow() {
    let tree = tree
    for name in ["fifo.wasm", "link.wasm", "directory.wasm"] { tree.file(name) }
    tree.file("target", size: 99)
    let result = scanChanging {
      for name in ["fifo.wasm", "link.wasm", "directory.wasm"] { TemporaryTree.remove(tree.path(name)) }
      tree.fifo("fifo.wasm")
      tree.link("link.wasm", to: "target")
      tree.directory("directory.wasm")
    }
    #expect(result.names(in: tree) == ["link.wasm"])
    #expect(result.first?.stamp.size == 99)
    #expect(result.problems.map(\.reason) == [.notRegular(.fifo)])
  }

  /// Opening the FIFO would block for ever, and following the link would leave the tree.
  @Test func opensNothingThatHasTakenTheNameOfADirectory() {
    let tree = tree
    let outside = TemporaryTree()
    outside.file("x.wasm")
    tree.directory("a")
    tree.directory("b")
    let target = outside.path.string
    let result = scanChanging {
      TemporaryTree.remove(tree.path("a"))
      TemporaryTree.remove(tree.path("b"))
      tree.fifo("a")
      tree.link("b", to: target)
    }
    #expect(result.isEmpty)
    #expect(result.problems.isEmpty)
  }
}
