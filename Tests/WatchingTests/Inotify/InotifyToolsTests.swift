import CWatchingTests
import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import Watching

extension UsingInotify {
  @Suite(.timeLimit(.minutes(5))) struct InotifyToolsTests {
    let scratch: Scratch
    let root: FilePath

    init() throws {
      scratch = try Scratch()
      root = scratch.path.appending("root")
      try Shell.mkdir(root)
    }

    private func identity(_ path: FilePath) throws -> FileIdentity {
      try Descriptor.status(of: path, followingLinks: false).stamp.identity
    }

    @Test func descriptorIsFoundAndMadeHarmless() throws {
      let tools = try InotifyTools()
      #expect(try Descriptor.symbolicLinkTarget(of: "/proc/self/fd/\(tools.descriptor)") == "anon_inode:inotify")
      #expect(fcntl(tools.descriptor, F_GETFD) & FD_CLOEXEC != 0)
      #expect(fcntl(tools.descriptor, F_GETFL) & O_NONBLOCK != 0)
    }

    @Test func thereIsOneInAProcess() throws {
      do {
        let first = try InotifyTools()
        do {
          _ = try InotifyTools()
          Issue.record("a second instance was made")
        } catch {
          #expect(error == .alreadyInUse)
        }
        _ = first.liveWatches
      }
      _ = try InotifyTools()
    }

    @Test func nextNeverWaits() throws {
      var tools = try InotifyTools()
      #expect(tools.next() == nil)
      _ = try tools.watch(root, try identity(root), for: .contents)
      #expect(tools.next() == nil)
      try Shell.write("", to: root.appending("x"))
      #expect(tools.next()?.name == "x")
    }

    @Test func sameDirectoryHasOneWatch() throws {
      var tools = try InotifyTools()
      let first = try tools.watch(root, try identity(root), for: .itself)
      let again = try tools.watch(root, try identity(root), for: .contents)
      #expect(first == again && tools.liveWatches == 1)
      try Shell.write("", to: root.appending("x"))
      let created = tools.next()
      #expect(created?.watch == first && created?.mask.contains(.create) == true)
      #expect(tools.next()?.mask.contains(.closeWrite) == true)
    }

    /// The library's own look-up by name would give the descriptor of the first.
    @Test func directoryThatComesBackHasItsOwnDescriptor() throws {
      var tools = try InotifyTools()
      var seen: Set<Int32> = []
      for _ in 0..<100 {
        try Shell.mkdir(root.appending("d"))
        let watch = try tools.watch(root.appending("d"), try identity(root.appending("d")), for: .contents)
        #expect(seen.insert(watch).inserted)
        try Shell.write("", to: root.appending("d").appending("x"))
        var watches: Set<Int32> = []
        while let event = tools.next() { watches.insert(event.watch) }
        #expect(watches == [watch])
        try Shell.rm(root.appending("d"))
        while tools.next() != nil {}
      }
      #expect(tools.liveWatches == 0 && tools.staleNodes == 100 && tools.libraryNodes == 100)
    }

    @Test func removedWatchIsSilentAndFreed() throws {
      var tools = try InotifyTools()
      let watch = try tools.watch(root, try identity(root), for: .contents)
      tools.remove(watch)
      try Shell.write("", to: root.appending("x"))
      #expect(tools.next()?.mask.contains(.ignored) == true)
      #expect(tools.next() == nil)
      #expect(tools.liveWatches == 0 && tools.staleNodes == 0 && tools.libraryNodes == 0)
    }

    @Test func removingTheWatchOfADeletedDirectoryDoesNothing() throws {
      var tools = try InotifyTools()
      let watch = try tools.watch(root, try identity(root), for: .contents)
      try Shell.rm(root)
      tools.remove(watch)
      #expect(tools.liveWatches == 0 && tools.staleNodes == 1)
    }

    /// The library's buffer is static: without care these events would come out of the next instance.
    @Test func eventsDoNotSurviveTheirInstance() throws {
      do {
        var tools = try InotifyTools()
        _ = try tools.watch(root, try identity(root), for: .contents)
        for index in 0..<100 { try Shell.write("", to: root.appending("\(index)")) }
        #expect(tools.next() != nil)
      }
      var tools = try InotifyTools()
      #expect(tools.next() == nil)
      _ = try tools.watch(root, try identity(root), for: .contents)
      #expect(tools.next() == nil)
    }

    @Test func limitIsTheKernelsError() throws {
      var tools = try InotifyTools(limit: 0)
      let root = root
      do {
        _ = try tools.watch(root, try identity(root), for: .contents)
        Issue.record("it was watched")
      } catch {
        #expect((error as? SystemError)?.errno == .noSpace)
      }
    }

    @Test func limitsAreRead() {
      #expect(InotifyLimits.maxQueuedEvents ?? 0 > 0)
      #expect(InotifyLimits.watches?.limit ?? 0 > 0)
      #expect(InotifyLimits.maxUserInstances ?? 0 > 0)
      #expect(InotifyLimits.sufficient(beyond: 8192, missing: 1000) == 10_240)
    }
  }
}
