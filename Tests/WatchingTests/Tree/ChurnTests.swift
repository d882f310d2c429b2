import Dispatch
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import Testing

@testable import Watching

/// Several writers that do to a tree whatever can be done to one, at full speed.
struct Churn: Sendable {
  var root: FilePath
  var directories: Int
  var files: Int
  var writers: Int
  var seed: UInt64

  /// Makes the tree and then changes it, and returns when all writers are done.
  func run() {
    DispatchQueue.concurrentPerform(iterations: writers) { writer in
      var random = SplitMix(state: seed &+ UInt64(writer) &* 0x9E37_79B9)
      for step in 0..<(files * 2 / writers) { act(step, writer, &random) }
    }
  }

  /// Anything may fail, because another writer was faster.
  private func act(_ step: Int, _ writer: Int, _ random: inout SplitMix) {
    let directory = self.directory(random.below(directories))
    // One with little below it, so that not most of the tree is gone at the end.
    let deep = self.directory(directories / 2 + random.below(directories / 2))
    let file = directory.appending("f\(random.below(max(1, files / directories * 2))).wasm")
    switch random.below(24) {
    case 0..<12:
      try? Shell.mkdir(directory)
      try? Shell.write("\(writer)/\(step)", to: file)
    case 12..<15:
      let temporary = directory.appending(".tmp\(writer)")
      try? Shell.write("renamed \(writer)/\(step)", to: temporary)
      rename(temporary.string, file.string)
    case 15..<17: rename(file.string, directory.appending("f\(random.below(20)).wasm").string)
    case 17..<19:
      // As cargo publishes. A link to a file that is later written in place through its other name would change
      // without any event under its own; that is beyond inotify.
      let built = directory.appending(".built\(writer)")
      try? Shell.write("linked \(writer)/\(step)", to: built)
      link(built.string, file.string)
      unlink(built.string)
    case 19: unlink(file.string)
    case 20:
      let other = self.directory(random.below(directories))
      rename(deep.string, other.removingLastComponent().appending("moved\(random.below(10))").string)
    case 21:
      rename(directory.removingLastComponent().appending("moved\(random.below(10))").string, directory.string)
    case 22:
      try? Shell.rm(deep)
      try? Shell.mkdir(deep)
      try? Shell.write("again \(writer)/\(step)", to: deep.appending("f0.wasm"))
    default: try? Shell.rm(deep)
    }
  }

  /// Nested up to six deep: each number's directory is inside its half's.
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

  /// What is there now.
  func contents() throws -> [FilePath: String] {
    var found: [FilePath: String] = [:]
    var rest = [root]
    while let directory = rest.popLast() {
      let listing = try DirectoryListing(of: directory, isModule: WatchFilter.endsInWasm)
      rest += listing.directories.map { directory.appending($0) }
      for file in listing.files {
        found[directory.appending(file.name)] = try Shell.read(directory.appending(file.name))
      }
    }
    return found
  }
}

/// Small, seedable and good enough.
struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }
}

extension UsingInotify {
  @Suite struct ChurnTests {
    /// `WATCHING_CHURN=1000,10000,20` makes it as large as the issue wants it, and repeats it.
    private static let size: [Int] =
      getenv("WATCHING_CHURN").map { String(cString: $0).split(separator: ",").compactMap { Int($0) } } ?? [60, 600, 2]

    @Test(.timeLimit(.minutes(20))) func nothingIsMissedWhileSeveralWritersChangeEverything() async throws {
      for round in 0..<Self.size[2] {
        let scratch = try Scratch()
        let root = scratch.path.appending("root")
        try Shell.mkdir(root)
        let looped = await Looped(root)
        let churn = Churn(
          root: root, directories: Self.size[0], files: Self.size[1], writers: 4, seed: UInt64(round + 1))
        await withCheckedContinuation { continuation in
          DispatchQueue.global().async {
            churn.run()
            continuation.resume()
          }
        }
        let expected = try churn.contents()
        // All events of the churn come before this one, and have settled when it has; only busy files may be left.
        try await looped.catchUp(in: root)
        while !looped.warmer.missing(of: expected).isEmpty, await !looped.loop.isIdle {
          let seen = looped.log.elements.count
          await looped.log.wait(until: { $0.count > seen })
        }
        let missing = looped.warmer.missing(of: expected)
        for path in missing.keys.prefix(3) {
          Issue.record("\(path): \(looped.source.told(of: path))")
        }
        #expect(
          missing.count == 0, "round \(round): \(missing.count) of \(expected.count): \(Array(missing.keys.prefix(3)))")
        let wrong = looped.removedForGood.filter { expected[$0] != nil }
        #expect(wrong.count == 0, "round \(round): told as removed but there: \(wrong.prefix(3))")
        if getenv("WATCHING_CHURN") != nil {
          let overflows = looped.log.elements.filter { if case .notice(.rescanned) = $0 { true } else { false } }.count
          let read = looped.warmer.contents.count
          let line = "round \(round): \(expected.count) modules, \(read) ever read, \(overflows) rescans\n"
          try FileDescriptor.standardError.writeAll(line.utf8)
        }
        await looped.stop()
      }
    }
  }
}

extension RecordingWarmer {
  /// What is there and was not reported, in path and content.
  func missing(of expected: [FilePath: String]) -> [FilePath: String] {
    let known = contents
    return expected.filter { path, content in known[path] != content }
  }
}

extension Looped {
  /// Paths of which the last report was that they are gone.
  var removedForGood: [FilePath] {
    var gone: Set<FilePath> = []
    for report in log.elements {
      switch report {
      case .removed(let change): gone.insert(change.path)
      case .batchFinished(_, let outcomes):
        for (change, outcome) in outcomes where outcome == .warmed || outcome == .unchanged { gone.remove(change.path) }
      default: break
      }
    }
    return Array(gone)
  }
}
