import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// Which entries of a directory are taken.
struct ScanSelectionTests {
  private let tree = TemporaryTree()

  @Test(arguments: [false, true])
  func takesFilesNamedAsModulesAtAnyDepth(ignoringTypes: Bool) {
    for name in ["a.wasm", "b/c.wasm", "b/d/e/f.wasm", ".hidden/g.wasm", ".h.wasm", ".wasm"] { tree.file(name) }
    for name in ["a.wat", "wasm", "awasm", "a.wasm.bak", "a.WASM", "b/a.cwasm", "wasm.d/readme"] { tree.file(name) }
    let result = scan([tree.path], hooks: .init(ignoresEntryTypes: ignoringTypes))
    #expect(result.names(in: tree) == [".h.wasm", ".hidden/g.wasm", ".wasm", "a.wasm", "b/c.wasm", "b/d/e/f.wasm"])
    #expect(result.problems.isEmpty)
  }

  @Test func skipsVersionControl() {
    for name in [".git/a.wasm", "b/.hg/a.wasm", "b/.svn/a.wasm", ".github/a.wasm", "b/git/a.wasm"] { tree.file(name) }
    #expect(scan([tree.path]).names(in: tree) == [".github/a.wasm", "b/git/a.wasm"])
    // Named on purpose, it is a root like any other.
    #expect(scan([tree.path(".git")]).names(in: tree) == [".git/a.wasm"])
  }

  @Test(arguments: [false, true])
  func entersDirectoriesNamedAsModules(ignoringTypes: Bool) {
    tree.file("x.wasm/y.wasm")
    let result = scan([tree.path], hooks: .init(ignoresEntryTypes: ignoringTypes))
    #expect(result.names(in: tree) == ["x.wasm/y.wasm"])
    #expect(result.problems.isEmpty)
  }

  @Test func takesRootsThatAreFilesWhateverTheirSuffix() {
    let roots = [tree.file("module.bin"), tree.file("a/b.wasm")]
    let result = scan(roots)
    #expect(result.paths == roots)
    #expect(result.map(\.root) == [0, 1])
  }

  /// In a process of its own, for the sake of its working directory.
  @Test func findsRootsBelowTheWorkingDirectory() async {
    await #expect(processExitsWith: .success) {
      let tree = TemporaryTree()
      tree.file("a/b.wasm")
      precondition(tree.path.withPlatformString { chdir($0) } == 0)
      #expect(scan(["."]).paths == ["./a/b.wasm"])
      #expect(scan(["a"]).paths == ["a/b.wasm"])
      #expect(scan(["a/b.wasm", "a"]).paths == ["a/b.wasm"])
      precondition(tree.path("a").withPlatformString { chdir($0) } == 0)
      #expect(scan(["b.wasm", "."]).paths == ["b.wasm"])
      #expect(scan([".."]).paths == ["../a/b.wasm"])
    }
  }

  @Test func givesTheStampOfEachFile() throws {
    let path = tree.file("a.wasm", size: 4711)
    let file = try #require(scan([tree.path]).first)
    let stamp = try Descriptor.status(of: path).stamp
    #expect(file.stamp == stamp)
    #expect(stamp.size == 4711)
    var times = [timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: 1_234_567_890, tv_nsec: 987_654_321)]
    let opened = try FileDescriptor.open(path, .readOnly)
    defer { try? opened.close() }
    #expect(futimens(opened.rawValue, &times) == 0)
    #expect(scan([tree.path]).first?.stamp.modified == 1_234_567_890_987_654_321)
    #expect((scan([tree.path]).first?.stamp.changed ?? 0) >= stamp.changed)
    #expect(FileKind(mode: stamp.mode) == .regular)
    #expect(file.stamp.identity == FileIdentity(device: stamp.device, inode: stamp.inode))
  }

  @Test func keepsTheBytesOfNames() throws {
    let names: [[UInt8]] = [
      [0xff, 0xfe, 0x2f, 0xc3, 0x28], Array("line\nbreak/a\u{1b}[31m".utf8), [0x80], Array("größe".utf8),
      Array(" ".utf8),
    ].map { $0 + Array(".wasm".utf8) }
    let paths = Set(names.map { tree.file(bytes: $0) })
    let result = scan([tree.path])
    #expect(Set(result.paths) == paths)
    #expect(result.problems.isEmpty)
    let bytes = result.map { $0.withPath { String(cString: $0) } }
    #expect(bytes == result.paths.map { $0.withPlatformString { String(cString: $0) } })
  }

  @Test func doesNotEnterSkippedDirectories() throws {
    tree.file("cache/v1/a.wasm")
    tree.file("b.wasm")
    let cache = try Descriptor.status(of: tree.path("cache")).stamp.identity
    #expect(scan([tree.path], skipping: [cache]).names(in: tree) == ["b.wasm"])
    let result = scan([tree.path("cache")], skipping: [cache])
    #expect(result.isEmpty)
    #expect(result.emptyRoots == [0])
  }
}
