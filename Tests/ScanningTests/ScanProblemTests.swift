import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// What cannot be scanned is said, and nothing else suffers from it.
struct ScanProblemTests {
  private let tree = TemporaryTree()

  @Test(arguments: [false, true])
  func reportsWhatIsNoRegularFile(ignoringTypes: Bool) {
    tree.fifo("a.wasm")
    tree.socket("b.wasm")
    tree.fifo("ignored")
    tree.file("c.wasm")
    let result = scan([tree.path], hooks: .init(ignoresEntryTypes: ignoringTypes))
    #expect(
      result.complaints(in: tree) == [
        "a.wasm: cannot be a module: it is a FIFO, not a regular file",
        "b.wasm: cannot be a module: it is a socket, not a regular file",
      ])
    #expect(result.names(in: tree) == ["c.wasm"])
    let roots = scan([tree.path("a.wasm"), "/dev/zero"])
    #expect(roots.problems.map(\.reason) == [.notRegular(.fifo), .notRegular(.characterDevice)])
  }

  @Test func reportsRootsThatCannotBeFound() {
    tree.file("file")
    tree.link("loop", to: "loop")
    let long = FilePath(String(repeating: "x", count: 300))
    let result = scan([tree.path("none"), tree.path("file/x"), tree.path("loop/x"), long, "", tree.file("good.wasm")])
    #expect(
      result.problems.map { "\($0.root) \($0)" } == [
        "0 cannot open: no such file or directory",
        "1 cannot open: a part of the path is not a directory",
        "2 cannot open: too many levels of symbolic links",
        "3 cannot open: the path is too long",
        "4 cannot open: no such file or directory",
      ])
    #expect(result.problems.first?.path == tree.path("none"))
    #expect(result.names(in: tree) == ["good.wasm"])
    #expect(result.emptyRoots.isEmpty)
    #expect(result.modulesPerRoot == [0, 0, 0, 0, 0, 1])
  }

  /// The names that are used to make it are short; only the whole path is too long.
  @Test func reportsPathsThatAreTooLongToOpen() {
    let name = String(repeating: "d", count: 250)
    let long = String(repeating: "x", count: 100) + ".wasm"
    var descriptors = [tree.path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }]
    for depth in 0..<17 {
      #expect(mkdirat(descriptors[depth], name, 0o755) == 0)
      descriptors.append(openat(descriptors[depth], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }
    for file in ["y.wasm", long] { close(openat(descriptors[16], file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)) }
    let result = scan([tree.path])
    #expect(result.problems.map(\.reason) == [.directory(.fileNameTooLong), .module(.fileNameTooLong)])
    #expect(result.names(in: tree) == [String(repeating: "\(name)/", count: 16) + "y.wasm"])
    // Removed from below, because its path is too long for that too.
    for file in ["y.wasm", long] { unlinkat(descriptors[16], file, 0) }
    for descriptor in descriptors.reversed() {
      unlinkat(descriptor, name, AT_REMOVEDIR)
      close(descriptor)
    }
  }

  /// In a process of its own, which gives up its rights if it has any.
  @Test func reportsDirectoriesWithoutPermission() async {
    await #expect(processExitsWith: .success) {
      let tree = TemporaryTree()
      tree.file("closed/a.wasm")
      tree.file("list-only/a.wasm")
      tree.file("list-only/b.wasm")
      tree.file("good.wasm")
      tree.file("outer/secret/a.wasm")
      tree.link("away.wasm", to: "closed/a.wasm")
      tree.link("directory", to: "closed/directory")
      _ = tree.path.withPlatformString { chmod($0, 0o755) }
      _ = tree.path("closed").withPlatformString { chmod($0, 0) }
      _ = tree.path("list-only").withPlatformString { chmod($0, 0o444) }
      _ = tree.path("outer").withPlatformString { chmod($0, 0) }
      let isRoot = geteuid() == 0
      if isRoot { precondition(seteuid(65534) == 0) }
      // Shared out, so that more than one thread comes to the same directory.
      let hooks = ScanPlan.TestHooks(splitAbove: 1, share: 1)
      let result = scan([tree.path, tree.path("outer/secret/a.wasm")], hooks: hooks)
      let following = scan([tree.path], followLinks: true)
      if isRoot { precondition(seteuid(0) == 0) }
      #expect(result.names(in: tree) == ["good.wasm"])
      let fix = "permission denied"
      #expect(
        result.complaints(in: tree) == [
          "away.wasm: cannot examine module: permission denied",
          "closed: cannot read directory: \(fix)",
          "list-only: cannot read directory: \(fix)",
          "outer: cannot read directory: \(fix)",
          "outer/secret/a.wasm: cannot open: permission denied",
        ])
      #expect(following.complaints(in: tree).contains("directory: cannot read directory: \(fix)"))
    }
  }

  /// In a process of its own, whose limit it lowers to what is open already and `spare` more.
  @Test func makesDoWithFewDescriptors() async {
    await #expect(processExitsWith: .success) {
      let tree = TemporaryTree()
      for index in 0..<100 { tree.file("d\(index)/a.wasm") }
      for index in 0..<1100 { tree.file("many/\(index).wasm") }
      let expected = scan([tree.path], jobs: 4)
      #expect(expected.count == 1200)
      for _ in 0..<5 {
        let result = withDescriptorLimit(spare: 2) {
          scan([tree.path], jobs: 4, hooks: .init(listed: { _ in sched_yield() }))
        }
        #expect(result.problems.isEmpty)
        #expect(result.rawPaths == expected.rawPaths)
      }
    }
  }

  @Test func endsWithOneErrorWithoutAnyDescriptor() async {
    await #expect(processExitsWith: .success) {
      let tree = TemporaryTree()
      for index in 0..<50 { tree.file("d\(index)/a.wasm") }
      let roots = (0..<50).map { tree.path("d\($0)") }
      _ = scan(roots, jobs: 4)
      let result = withDescriptorLimit(spare: 0) { scan(roots, jobs: 4) }
      #expect(result.isEmpty)
      #expect(
        result.problems.map(\.description) == [
          "cannot read directory: too many open files, raise the limit (ulimit -n)"
        ])
    }
  }
}

/// Runs `body` while the process can open only `spare` more files.
private func withDescriptorLimit<Result>(spare: Int, _ body: () -> Result) -> Result {
  let lowest = open("/dev/null", O_RDONLY | O_CLOEXEC)
  close(lowest)
  var before = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
  var limit = before
  limit.rlim_cur = rlim_t(Int(lowest) + spare)
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  defer { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before) }
  return body()
}
