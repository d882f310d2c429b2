import Dispatch
import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Watching

extension UsingInotify {
  /// Lost events, too few watches, file systems without events, and trees that never stop changing.
  @Suite(.timeLimit(.minutes(5))) struct TroubleTests {
    let scratch: Scratch
    let root: FilePath
    var polling = TreeWatch.Options()

    init() throws {
      scratch = try Scratch()
      root = scratch.path.appending("root")
      try Shell.mkdir(root)
      polling.pollInterval = .milliseconds(100)
    }

    @Test func overflowIsToldOnceAndNothingIsMissed() async throws {
      let queue = try #require(InotifyLimits.maxQueuedEvents)
      let watched = await Watched(root)
      try Shell.write("", to: root.appending("deleted.wasm"))
      await watched.wait(for: .written, root.appending("deleted.wasm"))
      // The watch is stopped as by SIGSTOP, and its queue filled.
      watched.watch.executor.queue.suspend()
      let one = root.appending("one")
      let two = root.appending("two")
      for _ in 0...(queue / 2) {
        try Shell.write("", to: one)
        try Shell.write("", to: two)
      }
      try Shell.rm(root.appending("deleted.wasm"))
      let deep = root.appending("a").appending("b")
      try Shell.mkdir(deep)
      try Shell.write("", to: deep.appending("x.wasm"))
      watched.watch.executor.queue.resume()
      await watched.wait(for: .listed, deep.appending("x.wasm"))
      await watched.wait(for: .removed, root.appending("deleted.wasm"))
      await watched.wait(forNotice: { $0 == .rescanned(cause: .overflow, directories: 3, overflows: 1) })
      try await watched.catchUp(in: deep)
      #expect(watched.notices.filter { $0 == .overflow }.count == 1)
      #expect(watched.notices.count == 2)
      await watched.stop()
    }

    @Test func beyondTheLimitDirectoriesArePolled() async throws {
      for index in 0..<20 { try Shell.mkdir(root.appending("d\(index)")) }
      let watched = await Watched(root, options: polling, hooks: .init(watchLimit: 10))
      let notice = try #require(watched.notices.first)
      #expect(notice.description.contains("max_user_watches is 10, about 1024 are needed"))
      #expect(notice.description.hasSuffix(": sysctl fs.inotify.max_user_watches=1024"))
      #expect(watched.notices.count == 1)
      for index in 0..<20 {
        let path = root.appending("d\(index)").appending("x.wasm")
        try Shell.write("", to: path)
        await watched.wait(forAnythingAbout: path)
      }
      let below = root.appending("d7").appending("new").appending("deep")
      try Shell.mkdir(below)
      try await watched.catchUp(in: below)
      #expect(await watched.library().live == 10)
      await watched.stop()
    }

    @Test func watchesThatBecomeFreeAreUsed() async throws {
      for index in 0..<4 { try Shell.mkdir(root.appending("d\(index)")) }
      // two of them for the root's path
      let watched = await Watched(root, options: polling, hooks: .init(watchLimit: 5))
      #expect(await watched.watch.polledDirectories == 2)
      for index in 0..<4 where await watched.watch.polledDirectories > 0 {
        try Shell.rm(root.appending("d\(index)"))
        try await watched.catchUp(in: root)
        await watched.watch.poll()
      }
      #expect(await watched.watch.polledDirectories == 0)
      await watched.watch.poll()
      #expect(await !watched.watch.isPolling)
      await watched.stop()
    }

    @Test func inotifyIsUsedAsSoonAsItCanBe() async throws {
      var other: InotifyTools? = try InotifyTools()
      #expect(other?.liveWatches == 0)
      let watched = await Watched(root, options: polling)
      let refusal = WatchNotice.polling(.noInotify(.alreadyInUse), interval: polling.pollInterval)
      #expect(watched.notices == [refusal])
      try Shell.write("", to: root.appending("polled.wasm"))
      await watched.wait(forAnythingAbout: root.appending("polled.wasm"))
      other = nil
      await watched.wait(forNotice: { $0 == .rescanned(cause: .inotifyReturned, directories: 1, overflows: 0) })
      #expect(await watched.library().live > 0)
      #expect(await !watched.watch.isPolling)
      try await watched.catchUp(in: root)
      #expect(watched.notices.count == 2, "\(watched.notices)")
      await watched.stop()
    }

    @Test func remoteFileSystemsArePolledWithOneWarning() async throws {
      try Shell.mkdir(root.appending("a").appending("b"))
      let watched = await Watched(root, options: polling, hooks: .init(isRemote: { _ in true }))
      #expect(watched.notices == [.polling(.remoteFileSystem(root), interval: .milliseconds(100))])
      let path = root.appending("a").appending("b").appending("x.wasm")
      try Shell.write("1", to: path)
      await watched.wait(for: .listed, path)
      try Shell.write("22", to: path)
      await watched.wait(for: .written, path)
      try Shell.rm(root.appending("a"))
      await watched.wait(for: .removed, path)
      #expect(watched.notices.count == 1)
      await watched.stop()
    }

    @Test func pollingFollowsRootsToo() async throws {
      var options = polling
      options.alwaysPolls = true
      let file = root.appending("module.bin")
      let tree = root.appending("tree")
      let watched = await Watched(file, tree, options: options)
      #expect(watched.notices == [.rootMissing(file), .rootMissing(tree)])
      for _ in 0..<2 {
        let before = watched.log.elements.count
        try Shell.mkdir(tree)
        try Shell.write("", to: tree.appending("x.wasm"))
        try Shell.write("", to: file)
        await watched.log.wait(until: { events in
          [file, tree.appending("x.wasm")].allSatisfy { path in
            events.dropFirst(before).contains { $0.isFile(.listed, path) }
          }
        })
        try Shell.rm(root)
        await watched.log.wait(until: { events in
          [file, tree.appending("x.wasm")].allSatisfy { path in
            events.dropFirst(before).contains { $0.isFile(.removed, path) }
          }
        })
        try Shell.mkdir(root)
      }
      #expect(await watched.watch.tools == nil)
      await watched.stop()
    }

    /// The same size in the same tick of the clock: the stamps do not differ.
    @Test func polledFileThatChangesTwiceInOneTickIsToldAgain() async throws {
      let path = root.appending("x.wasm")
      try Shell.write("1", to: path)
      let young = PolledStamp(try Descriptor.status(of: path, followingLinks: false).stamp, margin: .seconds(3600))
      #expect(young.mayDiffer(from: young))
      let old = PolledStamp(try Descriptor.status(of: path, followingLinks: false).stamp, margin: .zero)
      #expect(!old.mayDiffer(from: old))
    }

    @Test func deletedDirectoriesDoNotPileUpInTheLibrary() async throws {
      let watched = await Watched(root, hooks: .init(toleratedStaleNodes: 100))
      let directory = root.appending("d")
      for _ in 0..<300 {
        try Shell.mkdir(directory)
        // A directory that is gone before it is seen costs nothing.
        try await watched.catchUp(in: directory)
        try Shell.rm(directory)
      }
      let rescans = watched.notices.filter {
        if case .rescanned(.staleNodes, _, overflows: 0) = $0 { true } else { false }
      }
      #expect(rescans.count >= 2)
      let library = await watched.library()
      #expect(library.nodes <= 110)
      #expect(library.live == 3)
      await watched.stop()
    }

    @Test func idleWatchHasNoTimerSet() async throws {
      let watched = await Watched(root)
      try await watched.catchUp(in: root)
      #expect(await watched.watch.hasNoTimer)
      await watched.stop()
    }
  }
}

extension TreeWatch {
  var polledDirectories: Int { table.polledCount }
  var hasNoTimer: Bool { pollAlarm?.isSet == false && recoveryAlarm?.isSet == false }
}
