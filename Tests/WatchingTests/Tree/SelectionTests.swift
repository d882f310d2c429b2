import LinuxIO
import Scanning
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// A scan and a watch take the same files of any tree, whatever the roots and the patterns are.
struct SelectionTests {
  private static let names = ["a", "b", "a.wasm", "b.wasm", ".wasm", "c.WASM", ".git", ".svn", "x-y", "d.wasm"]
  private static let patterns = [
    "a", "a/", "/a", "a/b", "/a/", "*.wasm", "a*", "*/a.wasm", "/b.wasm", "b/*", "?", "[ab]", "/*/b", ".w*", "x-y/",
  ]

  /// Directories and files at random; the files have to be made yet.
  private struct RandomTree {
    var directories: [FilePath] = []
    var files: [FilePath] = []

    init(in root: FilePath, _ random: inout SeededGenerator) {
      directories = [root]
      for _ in 0..<12 {
        let parent = directories.randomElement(using: &random) ?? root
        let path = parent.appending(names.randomElement(using: &random) ?? "a")
        if !directories.contains(path) { directories.append(path) }
      }
      for _ in 0..<25 {
        let parent = directories.randomElement(using: &random) ?? root
        let path = parent.appending(names.randomElement(using: &random) ?? "a")
        if !directories.contains(path), !files.contains(path) { files.append(path) }
      }
    }

    func roots(_ random: inout SeededGenerator) -> [FilePath] {
      let more = directories.dropFirst().shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))
      let single = files.shuffled(using: &random).prefix(Int.random(in: 0...1, using: &random))
      return ([directories[0]] + more + single).shuffled(using: &random)
    }

    func make() throws {
      for directory in directories { try Shell.mkdir(directory) }
    }

    /// - Parameter link: where the links lead to; every third file is one.
    func makeFiles(_ link: FilePath) throws {
      for (number, file) in files.enumerated() {
        if number % 3 == 0 { try Shell.lnSymbolic(link, file) } else { try Shell.write("", to: file) }
      }
    }
  }

  private static func selection(_ tree: RandomTree, _ random: inout SeededGenerator) throws -> ModuleSelection {
    var selection = ModuleSelection()
    for pattern in patterns.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)) {
      selection.excludes.append(ExcludePattern(pattern))
    }
    if Int.random(in: 0..<3, using: &random) == 0, let cache = tree.directories.randomElement(using: &random) {
      selection.skippedDirectories.insert(try Descriptor.status(of: cache).stamp.identity)
    }
    return selection
  }

  private static func scanned(_ roots: [FilePath], _ selection: ModuleSelection) -> Set<String> {
    Set(ModuleScanner(ScanOptions(selection: selection, jobs: 1)).scan(roots).map(\.path.string))
  }

  @Test(arguments: 0..<60) func listingTakesWhatAScanTakes(seed: UInt64) async throws {
    let scratch = try Scratch()
    var random = SeededGenerator(seed: seed)
    let tree = RandomTree(in: scratch.path.appending("tree"), &random)
    try tree.make()
    let target = scratch.path.appending("target")
    try Shell.write("", to: target)
    try tree.makeFiles(target)
    let roots = tree.roots(&random)
    var options = TreeWatch.Options()
    options.alwaysPolls = true
    options.selection = try Self.selection(tree, &random)
    let watched = await Watched(roots, options: options)
    let paths = watched.files.map(\.path.string)
    await watched.stop()
    #expect(Set(paths) == Self.scanned(roots, options.selection), "\(roots), \(options.selection.excludes)")
  }
}

extension UsingInotify {
  @Suite(.timeLimit(.minutes(5))) struct SelectionOfChangesTests {
    @Test(arguments: 0..<20) func eventsAreOfWhatAScanTakes(seed: UInt64) async throws {
      try await SelectionTests().expectSameEvents(seed: seed)
    }
  }
}

extension SelectionTests {
  /// Files that come one by one while they are watched.
  func expectSameEvents(seed: UInt64) async throws {
    let scratch = try Scratch()
    var random = SeededGenerator(seed: seed)
    let root = scratch.path.appending("tree")
    let tree = RandomTree(in: root, &random)
    try tree.make()
    let target = scratch.path.appending("target")
    try Shell.write("", to: target)
    let roots = tree.roots(&random)
    var options = TreeWatch.Options()
    options.selection = try Self.selection(tree, &random)
    // A root, so that no pattern keeps it out; the kernel keeps the order.
    let mark = scratch.path.appending("mark")
    try Shell.write("", to: mark)
    let watched = await Watched(roots + [mark], options: options)
    try tree.makeFiles(target)
    try Shell.write("", to: mark)
    await watched.wait(for: .written, mark)
    let paths = Set(watched.files.map(\.path).filter { $0.starts(with: root) }.map(\.string))
    await watched.stop()
    #expect(paths == Self.scanned(roots, options.selection), "\(roots), \(options.selection.excludes)")
  }
}
