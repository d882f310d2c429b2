import CWatchingTests
import LinuxIO
import SystemPackage
import Testing

@testable import Watching

extension UsingInotify {
  @Suite(.timeLimit(.minutes(5))) struct RootTests {
    let scratch: Scratch
    let root: FilePath

    init() throws {
      scratch = try Scratch()
      root = scratch.path.appending("root")
    }

    @Test func rootRemovedAndMadeAgainIsPickedUp() async throws {
      try Shell.mkdir(root)
      try Shell.write("", to: root.appending("x.wasm"))
      let watched = await Watched(root)
      for _ in 0..<5 {
        let before = watched.log.elements.count
        try Shell.rm(root)
        await watched.log.wait { $0.dropFirst(before).contains(.notice(.rootMissing(root))) }
        #expect(watched.log.elements[before...].contains { $0.isFile(.removed, root.appending("x.wasm")) })
        try Shell.mkdir(root)
        await watched.log.wait { $0.dropFirst(before).contains(.notice(.rootReturned(root))) }
        try Shell.write("", to: root.appending("x.wasm"))
        try await watched.catchUp(in: root)
        #expect(watched.log.elements[before...].contains { $0.isFile(.written, root.appending("x.wasm")) })
      }
      await watched.stop()
    }

    @Test func rootThatDoesNotExistYetIsPickedUpFromManyLevelsBelow() async throws {
      let deep = root.appending("a").appending("b").appending("c")
      let watched = await Watched(deep)
      #expect(watched.notices == [.rootMissing(deep)])
      try Shell.mkdir(deep)
      try Shell.write("", to: deep.appending("x.wasm"))
      await watched.wait(forAnythingAbout: deep.appending("x.wasm"))
      #expect(watched.notices.contains(.rootReturned(deep)))
      await watched.stop()
    }

    @Test func directoryFarAboveTheRootIsMovedAwayAndBack() async throws {
      let deep = root.appending("a").appending("b")
      try Shell.mkdir(deep)
      let watched = await Watched(deep)
      try Shell.mv(root, scratch.path.appending("elsewhere"))
      await watched.wait(forNotice: { $0 == .rootMissing(deep) })
      try Shell.write("", to: scratch.path.appending("elsewhere").appending("a").appending("b").appending("x.wasm"))
      try Shell.mv(scratch.path.appending("elsewhere"), root)
      await watched.wait(for: .listed, deep.appending("x.wasm"))
      try await watched.catchUp(in: deep)
      #expect(watched.files.allSatisfy { $0.path.starts(with: deep) })
      await watched.stop()
    }

    @Test func rootReplacedByAnotherDirectoryIsFollowedThere() async throws {
      try Shell.mkdir(root)
      let other = scratch.path.appending("other")
      try Shell.mkdir(other)
      try Shell.write("", to: other.appending("x.wasm"))
      let watched = await Watched(root)
      try Shell.mv(root, scratch.path.appending("old"))
      try Shell.mv(other, root)
      await watched.wait(for: .listed, root.appending("x.wasm"))
      try await watched.catchUp(in: root)
      await watched.stop()
    }

    @Test func rootThatIsALinkIsFollowedAndToldUnderItsOwnName() async throws {
      let first = scratch.path.appending("first")
      let second = scratch.path.appending("second")
      try Shell.mkdir(first.appending("sub"))
      try Shell.mkdir(second)
      try Shell.lnSymbolic("first", root)
      let watched = await Watched(root)
      try Shell.write("", to: first.appending("sub").appending("x.wasm"))
      await watched.wait(for: .written, root.appending("sub").appending("x.wasm"))
      try Shell.write("", to: second.appending("y.wasm"))
      try Shell.lnSymbolic("second", scratch.path.appending("link"))
      try Shell.mv(scratch.path.appending("link"), root)
      await watched.wait(for: .listed, root.appending("y.wasm"))
      #expect(watched.files.contains { $0.kind == .removed && $0.path == root.appending("sub").appending("x.wasm") })
      try await watched.catchUp(in: root)
      await watched.stop()
    }

    @Test func relativeRootIsToldAsItWasGiven() async throws {
      try Shell.mkdir(root)
      let up = FilePath(String(repeating: "../", count: 32) + root.string.dropFirst())
      let watched = await Watched(up)
      try Shell.write("", to: root.appending("x.wasm"))
      await watched.wait(for: .written, up.appending("x.wasm"))
      await watched.stop()
    }

    @Test func rootInsideAnotherRootIsToldOnce() async throws {
      let inner = root.appending("inner")
      try Shell.mkdir(inner)
      try Shell.write("", to: inner.appending("x.wasm"))
      for roots in [[root, inner], [inner, root]] {
        let watched = await Watched(roots[0], roots[1])
        #expect(watched.files.filter { $0.path == inner.appending("x.wasm") }.count == 1)
        try await watched.catchUp(in: inner)
        try Shell.mv(inner, root.appending("gone"))
        try await watched.catchUp(in: root)
        try Shell.mv(root.appending("gone"), inner)
        try await watched.catchUp(in: inner)
        await watched.stop()
      }
    }

    @Test func rootMovedIntoAnotherRootIsFollowedThere() async throws {
      let one = scratch.path.appending("one")
      let two = scratch.path.appending("two")
      try Shell.mkdir(one.appending("sub"))
      try Shell.mkdir(two)
      let watched = await Watched(one, two)
      let moved = two.appending("moved")
      try Shell.mv(one, moved)
      try await watched.catchUp(in: moved.appending("sub"))
      #expect(watched.notices == [.rootMissing(one)])
      try Shell.mv(moved, one)
      try await watched.catchUp(in: one.appending("sub"))
      await watched.stop()
    }

    @Test func explicitFilesAreWatchedThroughTheirDirectory() async throws {
      try Shell.mkdir(root)
      let file = root.appending("module.bin")
      try Shell.write("1", to: file)
      let watched = await Watched(file)
      #expect(watched.files.map(\.path) == [file])
      try Shell.write("", to: root.appending("other.wasm"))
      try Shell.write("2", to: file)
      await watched.wait(for: .written, file)
      for _ in 0..<3 {
        let before = watched.log.elements.count
        try Shell.write("3", to: root.appending("temporary"))
        try Shell.mv(root.appending("temporary"), file)
        await watched.log.wait { $0.dropFirst(before).contains { $0.isFile(.movedIn, file) } }
      }
      try Shell.rm(file)
      await watched.wait(for: .removed, file)
      let before = watched.log.elements.count
      try Shell.write("4", to: file)
      await watched.log.wait { $0.dropFirst(before).contains { $0.isFile(.written, file) } }
      #expect(watched.files.allSatisfy { $0.path == file })
      #expect(watched.notices == [])
      await watched.stop()
    }

    @Test func explicitFileWhoseDirectoryComesLater() async throws {
      let file = root.appending("late").appending("module.bin")
      let watched = await Watched(file)
      #expect(watched.notices == [.rootMissing(file)])
      try Shell.mkdir(root.appending("late"))
      try Shell.write("1", to: file)
      await watched.wait(forAnythingAbout: file)
      try Shell.rm(root)
      await watched.wait(for: .removed, file)
      let before = watched.log.elements.count
      try Shell.mkdir(root.appending("late"))
      try Shell.write("2", to: file)
      await watched.log.wait { $0.dropFirst(before).files.contains { $0.path == file && $0.kind != .removed } }
      await watched.stop()
    }

    @Test func explicitLinkIsToldWhenItsTargetChanges() async throws {
      try Shell.mkdir(root)
      let elsewhere = scratch.path.appending("elsewhere")
      try Shell.mkdir(elsewhere)
      try Shell.write("1", to: elsewhere.appending("target"))
      let file = root.appending("module.wasm")
      try Shell.lnSymbolic("../elsewhere/target", file)
      let watched = await Watched(file)
      #expect(watched.files.map(\.path) == [file])
      try Shell.write("2", to: elsewhere.appending("target"))
      await watched.wait(for: .written, file)
      await watched.stop()
    }

    @Test func explicitFileInsideATreeIsPartOfIt() async throws {
      try Shell.mkdir(root.appending("sub"))
      let file = root.appending("sub").appending("module.bin")
      try Shell.write("1", to: file)
      for roots in [[root, file], [file, root]] {
        let watched = await Watched(roots[0], roots[1])
        #expect(Set(watched.files.map(\.path)) == [file])
        try Shell.write("2", to: file)
        await watched.wait(for: .written, file)
        try await watched.catchUp(in: root.appending("sub"))
        await watched.stop()
      }
    }

    @Test func bindMountInsideTheTreeIsPolled() async throws {
      let one = root.appending("one")
      let two = root.appending("two")
      try Shell.mkdir(one)
      try Shell.mkdir(two)
      // Only root may.
      guard test_bind_mount(one.string, two.string) == 0 else { return }
      defer { _ = test_unmount(two.string) }
      var options = TreeWatch.Options()
      options.pollInterval = .milliseconds(100)
      let watched = await Watched(root, options: options)
      try Shell.write("", to: one.appending("x.wasm"))
      await watched.wait(forAnythingAbout: one.appending("x.wasm"))
      await watched.wait(forAnythingAbout: two.appending("x.wasm"))
      await watched.stop()
    }
  }

  @Suite(.timeLimit(.minutes(5))) struct LinkTests {
    let scratch: Scratch
    let root: FilePath
    var options = TreeWatch.Options()

    init() throws {
      scratch = try Scratch()
      root = scratch.path.appending("root")
      try Shell.mkdir(root)
      options.pollInterval = .milliseconds(100)
    }

    @Test func linkedDirectoriesAreNotFollowed() async throws {
      let outside = scratch.path.appending("outside")
      try Shell.mkdir(outside)
      try Shell.write("", to: outside.appending("x.wasm"))
      try Shell.lnSymbolic("../outside", root.appending("link"))
      try Shell.lnSymbolic("..", root.appending("loop"))
      let watched = await Watched(root)
      try Shell.write("", to: outside.appending("x.wasm"))
      try await watched.catchUp(in: root)
      #expect(watched.files.allSatisfy { $0.path.lastComponent != "x.wasm" })
      await watched.stop()
    }

    @Test func targetOutsideTheRootsIsPolled() async throws {
      let target = scratch.path.appending("target.bin")
      try Shell.write("1", to: target)
      let watched = await Watched(root, options: options)
      let link = root.appending("x.wasm")
      try Shell.lnSymbolic("../target.bin", link)
      await watched.wait(for: .created, link)
      try Shell.write("22", to: target)
      await watched.wait(for: .written, link)
      let before = watched.log.elements.count
      try Shell.rm(target)
      await watched.log.wait { $0.dropFirst(before).contains { $0.isFile(.written, link) } }
      try Shell.rm(link)
      await watched.wait(for: .removed, link)
      #expect(await watched.watch.links.isEmpty)
      await watched.stop()
    }

    @Test func targetInsideTheRootsIsNotPolledForLong() async throws {
      try Shell.write("1", to: root.appending("target.wasm"))
      try Shell.lnSymbolic("target.wasm", root.appending("x.wasm"))
      let watched = await Watched(root, options: options)
      // The decision waits for the first poll, when all directories are known.
      await watched.watch.poll()
      #expect(await watched.watch.links.isEmpty)
      #expect(await !watched.watch.isPolling)
      await watched.stop()
    }
  }
}

extension WatchEvent {
  func isFile(_ kind: FileEvent.Kind, _ path: FilePath) -> Bool {
    if case .file(let event) = self { event.kind == kind && event.path == path } else { false }
  }
}

extension ArraySlice<WatchEvent> {
  var files: [FileEvent] { Array(self).files }
}
