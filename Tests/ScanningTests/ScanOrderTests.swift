import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// The order of what is found, and that it is always the same.
struct ScanOrderTests {
  private let tree = TemporaryTree()

  @Test func ordersByBytesOfThePath() {
    // `-` and `.` come before `/`, `0` after it; a name may begin like another or like a directory's.
    let names = [
      "a/x.wasm", "a-b.wasm", "a.wasm", "a0.wasm", "a/x.wasm.d/y.wasm", "ab/x.wasm", "ab.wasm", "aa.wasm",
      "a.wasmx/q.wasm",
      "module-00000001.wasm", "module-00000002.wasm", "module-00000010.wasm", "module-0000000/z.wasm", "Z.wasm",
      "é.wasm",
    ]
    for name in names { tree.file(name) }
    tree.file(bytes: [0xff] + Array(".wasm".utf8))
    let result = scan([tree.path])
    #expect(result.count == names.count + 1)
    let paths = result.rawPaths
    #expect(paths == paths.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test(arguments: 1...4)
  func findsTheSameInEveryRun(jobs: Int) {
    for directory in 0..<40 {
      for file in 0..<(directory % 7) * 5 { tree.file("d\(directory % 4)/e\(directory)/f\(file).wasm") }
      tree.fifo("d\(directory % 4)/e\(directory)/p.wasm")
    }
    for file in 0..<70 { tree.file("large/\(file).wasm") }
    tree.directory("large/19.wasm.d")
    let hooks = ScanPlan.TestHooks(splitAbove: 16, share: 7)
    let expected = scan([tree.path, tree.path("d1")], jobs: 1)
    #expect(expected.count == 70 + (0..<40).reduce(0) { $0 + ($1 % 7) * 5 })
    #expect(expected.problems.count == 40)
    for _ in 0..<20 {
      let result = scan([tree.path, tree.path("d1")], jobs: jobs, hooks: hooks)
      #expect(result.rawPaths == expected.rawPaths)
      #expect(result.indices.allSatisfy { result.stamp(at: $0) == expected.stamp(at: $0) })
      #expect(result.problems == expected.problems)
      #expect(result.modulesPerRoot == expected.modulesPerRoot)
    }
  }

  /// More names than fit into one read of a directory, of which all but the first few bytes are the same or all differ.
  @Test func listsLargeDirectories() {
    let long = String(repeating: "n", count: 200)
    for index in 0..<3000 { tree.file("\(index % 2 == 0 ? long : "")\(index).wasm") }
    for jobs in 1...2 {
      let names = scan([tree.path], jobs: jobs).names(in: tree)
      #expect(names.count == 3000)
      #expect(names == names.sorted())
    }
  }

  @Test func goesDeep() {
    let deep = Array(repeating: "d", count: 1500).joined(separator: "/")
    tree.file("\(deep)/x.wasm")
    #expect(scan([tree.path]).names(in: tree) == ["\(deep)/x.wasm"])
  }
}
