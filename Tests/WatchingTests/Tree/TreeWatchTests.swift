import CWatchingTests
import LinuxIO
import Scanning
import SystemPackage
import Testing

@testable import Watching

extension UsingInotify {
  @Suite(.timeLimit(.minutes(5))) struct TreeWatchTests {
    let scratch: Scratch
    let root: FilePath

    init() throws {
      scratch = try Scratch()
      root = scratch.path.appending("root")
      try Shell.mkdir(root)
    }

    @Test func tellsWhatIsThereBeforeItIsArmed() async throws {
      try Shell.mkdir(root.appending("a").appending("b"))
      try Shell.write("1", to: root.appending("x.wasm"))
      try Shell.write("2", to: root.appending("a").appending("b").appending("y.wasm"))
      try Shell.write("3", to: root.appending("a").appending("not.a.module"))
      let watched = await Watched(root)
      let events = watched.log.elements
      #expect(Set(events.files.map(\.path.string)) == ["\(root)/x.wasm", "\(root)/a/b/y.wasm"])
      #expect(events.files.allSatisfy { $0.kind == .listed })
      #expect(events.last == .armed(directories: 3))
      await watched.stop()
    }

    @Test func followsNewDirectories() async throws {
      let watched = await Watched(root)
      let deep = root.appending("a").appending("b").appending("c")
      try Shell.mkdir(deep)
      try Shell.write("", to: deep.appending("x.wasm"))
      await watched.wait(forAnythingAbout: deep.appending("x.wasm"))
      try await watched.catchUp(in: deep)
      await watched.stop()
    }

    @Test func directoryMovedInsideTheTreeKeepsBeingFollowed() async throws {
      let old = root.appending("old").appending("deep")
      try Shell.mkdir(old)
      try Shell.write("", to: old.appending("x.wasm"))
      let watched = await Watched(root)
      try Shell.mv(root.appending("old"), root.appending("new"))
      await watched.wait(for: .removed, old.appending("x.wasm"))
      let new = root.appending("new").appending("deep")
      await watched.wait(for: .listed, new.appending("x.wasm"))
      try await watched.catchUp(in: new)
      await watched.stop()
    }

    @Test func directoryMovedOutIsNotToldUnderItsOldName() async throws {
      let inside = root.appending("d").appending("e")
      try Shell.mkdir(inside)
      try Shell.write("", to: inside.appending("x.wasm"))
      let watched = await Watched(root)
      let outside = scratch.path.appending("outside")
      try Shell.mv(root.appending("d"), outside)
      await watched.wait(for: .removed, inside.appending("x.wasm"))
      let before = watched.files.count
      try Shell.write("", to: outside.appending("e").appending("x.wasm"))
      try await watched.catchUp(in: root)
      #expect(
        watched.files.dropFirst(before).allSatisfy { $0.path.starts(with: root) && !$0.path.starts(with: inside) })
      #expect(await watched.library().live == 3)  // the root, its parent and /tmp
      await watched.stop()
    }

    @Test func exchangedDirectoriesAreBothFollowed() async throws {
      let one = root.appending("one")
      let two = root.appending("two")
      try Shell.mkdir(one)
      try Shell.mkdir(two)
      let watched = await Watched(root)
      for _ in 0..<10 {
        try Shell.check(test_exchange(one.string, two.string))
        try await watched.catchUp(in: one)
        try await watched.catchUp(in: two)
      }
      await watched.stop()
    }

    @Test func exchangedFilesAreBothTold() async throws {
      let one = root.appending("one.wasm")
      let two = root.appending("two.wasm")
      try Shell.write("1", to: one)
      try Shell.write("2", to: two)
      let watched = await Watched(root)
      try Shell.check(test_exchange(one.string, two.string))
      try await watched.catchUp(in: root)
      for path in [one, two] {
        #expect(watched.files.last { $0.path == path }?.kind == .movedIn)
      }
      await watched.stop()
    }

    @Test func directoryThatReplacesAnEmptyOneIsFollowed() async throws {
      let one = root.appending("one")
      let two = root.appending("two")
      try Shell.mkdir(one)
      try Shell.mkdir(two)
      let watched = await Watched(root)
      try Shell.mv(one, two)
      try await watched.catchUp(in: two)
      await watched.stop()
    }

    @Test func directoryDeletedAndMadeAgainIsFollowed() async throws {
      let directory = root.appending("target")
      let watched = await Watched(root)
      for _ in 0..<100 {
        try Shell.mkdir(directory)
        try await watched.catchUp(in: directory)
        try Shell.rm(directory)
      }
      await watched.stop()
    }

    /// A shell that stands in a deleted directory keeps its inode, so that IN_DELETE_SELF comes late.
    @Test func directoryDeletedWhileItIsOpenIsFollowedWhenMadeAgain() async throws {
      let directory = root.appending("held")
      try Shell.mkdir(directory)
      let watched = await Watched(root)
      let held = try FileDescriptor.open(directory, .readOnly, options: .directory)
      try Shell.rm(directory)
      try Shell.mkdir(directory)
      try await watched.catchUp(in: directory)
      try held.close()
      try await watched.catchUp(in: directory)
      await watched.stop()
    }

    @Test func skippedDirectoriesAreNotWatched() async throws {
      let cache = root.appending("cache")
      for directory in [cache, root.appending(".git"), root.appending("kept")] { try Shell.mkdir(directory) }
      let identity = try Descriptor.status(of: cache, followingLinks: false).stamp.identity
      var options = TreeWatch.Options()
      options.selection = ModuleSelection(
        excludes: [ExcludePattern("skipped.wasm")], skippedDirectories: [identity])
      let watched = await Watched(root, options: options)
      try Shell.write("", to: cache.appending("x.wasm"))
      try Shell.mv(cache, root.appending("renamed"))
      try Shell.write("", to: root.appending("renamed").appending("x.wasm"))
      try Shell.write("", to: root.appending(".git").appending("x.wasm"))
      try Shell.write("", to: root.appending("kept").appending("skipped.wasm"))
      try await watched.catchUp(in: root)
      #expect(watched.files.allSatisfy { $0.path.lastComponent?.string.hasPrefix("mark") ?? false })
      await watched.stop()
    }

    @Test func namesThatAreNotUTF8AreTold() async throws {
      let watched = await Watched(root)
      let name: [CChar] = [-1, -2, 46, 119, 97, 115, 109, 0]
      let component = try #require(name.withUnsafeBufferPointer { FilePath.Component(platformString: $0.baseAddress!) })
      let path = root.appending(component)
      let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
      try file.close()
      await watched.wait(for: .written, path)
      await watched.stop()
    }

    @Test func rescanTellsEverythingAgainAndWhatHasGone() async throws {
      try Shell.write("", to: root.appending("x.wasm"))
      let watched = await Watched(root)
      let before = watched.log.elements.count
      watched.watch.rescan(.requested)
      await watched.wait(forNotice: { $0 == .rescanned(cause: .requested, directories: 1, overflows: 0) })
      #expect(
        watched.log.elements.dropFirst(before).contains {
          if case .file(let event) = $0 { event.kind == .listed } else { false }
        })
      try await watched.catchUp(in: root)
      await watched.stop()
    }

    @Test func secondWatchInTheProcessPolls() async throws {
      var options = TreeWatch.Options()
      options.pollInterval = .milliseconds(100)
      let first = await Watched(root)
      let second = await Watched(root, options: options)
      #expect(second.notices == [.polling(.noInotify(.alreadyInUse), interval: .milliseconds(100))])
      try Shell.write("", to: root.appending("x.wasm"))
      await first.wait(for: .written, root.appending("x.wasm"))
      await second.wait(for: .listed, root.appending("x.wasm"))
      await second.stop()
      await first.stop()
    }

    @Test func stopsInTheMiddleOfALongWalk() async throws {
      for index in 0..<500 { try Shell.mkdir(root.appending("d\(index)")) }
      let watch = TreeWatch(roots: [root])
      watch.start { _ in }
      await withCheckedContinuation { continuation in watch.stop { continuation.resume() } }
    }
  }
}
