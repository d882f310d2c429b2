internal import Glibc
internal import LinuxIO
package import SystemPackage

/// Several writers that do to a tree whatever can be done to one, at full speed.
///
/// The same seed gives each writer the same work; how the writers meet is left to the kernel.
package struct Churn: Sendable {
  /// Exists already; everything happens below it.
  package var root: FilePath
  package var directories: Int
  package var files: Int
  package var writers: Int
  package var seed: UInt64
  /// What is written to a file: something else for each number.
  package var content: @Sendable (Int) -> [UInt8]

  package init(
    root: FilePath, directories: Int, files: Int, writers: Int, seed: UInt64,
    content: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.root = root
    self.directories = directories
    self.files = files
    self.writers = writers
    self.seed = seed
    self.content = content
  }

  /// Makes the tree and then changes it, and returns when all writers are done.
  package func run() {
    Concurrently.run(writers) { writer in
      var random = SeededGenerator(seed: seed &+ UInt64(writer) &* 0x9e37_79b9)
      for step in 0..<(files * 2 / writers) { act(step * writers + writer, writer, &random) }
    }
  }

  /// Anything may fail, because another writer was faster.
  private func act(_ number: Int, _ writer: Int, _ random: inout SeededGenerator) {
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    let directory = self.directory(below(directories))
    // One with little below it, so that not most of the tree is gone at the end.
    let deep = self.directory(directories / 2 + below(directories / 2))
    let file = directory.appending("f\(below(max(1, files / directories * 2))).wasm")
    switch below(24) {
    case 0..<12:
      makeDirectories(directory)
      write(number, to: file)
    case 12..<15:
      let temporary = directory.appending(".tmp\(writer)")
      write(number, to: temporary)
      rename(temporary.string, file.string)
    case 15..<17: rename(file.string, directory.appending("f\(below(20)).wasm").string)
    case 17..<19:
      // As cargo publishes. A link to a file that is later written in place through its other name would change
      // without any event under its own; that is beyond inotify.
      let built = directory.appending(".built\(writer)")
      write(number, to: built)
      link(built.string, file.string)
      unlink(built.string)
    case 19: unlink(file.string)
    case 20:
      let other = self.directory(below(directories))
      rename(deep.string, other.removingLastComponent().appending("moved\(below(10))").string)
    case 21: rename(directory.removingLastComponent().appending("moved\(below(10))").string, directory.string)
    case 22:
      TemporaryDirectory.remove(deep)
      makeDirectories(deep)
      write(number, to: deep.appending("f0.wasm"))
    default: TemporaryDirectory.remove(deep)
    }
  }

  private func write(_ number: Int, to path: FilePath) { try? content(number).write(to: path) }

  private func makeDirectories(_ path: FilePath) {
    guard mkdir(path.string, 0o755) != 0, errno == ENOENT, path != root else { return }
    makeDirectories(path.removingLastComponent())
    mkdir(path.string, 0o755)
  }

  /// Nested up to six deep: each number's directory is inside its quarter's.
  private func directory(_ number: Int) -> FilePath {
    var path = root
    var rest = number + 1
    var parts: [String] = []
    while rest > 0, parts.count < 6 {
      parts.append("d\(rest)")
      rest /= 4
    }
    for part in parts.reversed() { path.append(part) }
    return path
  }
}
