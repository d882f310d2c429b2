import Dispatch
import Glibc
import LinuxIO
import Scanning
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Watching

extension Churn {
  /// What is there now.
  func contents() throws -> [FilePath: String] {
    var found: [FilePath: String] = [:]
    var rest = [root]
    var entries = EntrySelection(ModuleSelection())
    while let directory = rest.popLast() {
      let listing = try DirectoryListing(of: Descriptor.openDirectory(directory)) { entries.takesFile($0) }
      rest += listing.directories.map { directory.appending($0) }
      for file in listing.files {
        found[directory.appending(file.name)] = try Shell.read(directory.appending(file.name))
      }
    }
    return found
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
          root: root, directories: Self.size[0], files: Self.size[1], writers: 4, seed: UInt64(round + 1)
        ) { Array("content \($0)".utf8) }
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
          // There is no word of a look that found nothing to do.
          try await Task.sleep(for: .milliseconds(2))
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
