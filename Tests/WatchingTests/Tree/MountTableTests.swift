import CWatchingTests
import SystemPackage
import Testing

@testable import Watching

@Suite struct MountTableTests {
  @Test func readsWhatLiesWhere() {
    let mounts = MountTable.mounts(
      in: """
        36 35 98:0 /mnt1 /mnt2/with\\040space rw,noatime master:1 - ext3 /dev/root rw,errors=continue
        37 36 0:5 / /proc rw shared:1 - proc proc rw
        too short
        """)
    #expect(mounts.map(\.point) == ["/mnt2/with space", "/proc"])
    #expect(mounts.map(\.id) == ["36", "37"] && mounts.map(\.device) == ["98:0", "0:5"])
  }

  @Test func thereIsARoot() {
    #expect(MountTable.mounts().contains { $0.point == "/" })
  }
}

extension UsingInotify {
  @Suite(.timeLimit(.minutes(5))) struct MountTests {
    /// Nothing of a watched directory is to be seen any more when something is mounted on it, and nothing says so.
    @Test(.enabled(if: MountTests.isPossible)) func whatIsMountedBelowARootIsSeen() async throws {
      let scratch = try Scratch()
      let root = scratch.path.appending("root")
      let other = scratch.path.appending("other")
      for path in [root.appending("mnt"), other] { try Shell.mkdir(path) }
      try Shell.write("", to: root.appending("mnt/hidden.wasm"))
      try Shell.write("", to: other.appending("there.wasm"))
      let watched = await Watched(root)
      try Shell.check(test_bind_mount(other.string, root.appending("mnt").string))
      await watched.wait(for: .listed, root.appending("mnt/there.wasm"))
      await watched.wait(for: .removed, root.appending("mnt/hidden.wasm"))
      try Shell.write("", to: root.appending("mnt/new.wasm"))
      await watched.wait(forAnythingAbout: root.appending("mnt/new.wasm"))
      try Shell.check(test_unmount(root.appending("mnt").string))
      await watched.wait(for: .removed, root.appending("mnt/there.wasm"))
      await watched.wait(forNotice: { if case .rescanned(.mounts, _, _) = $0 { true } else { false } })
      await watched.stop()
    }

    /// Root in a container may not mount either.
    private static var isPossible: Bool {
      guard let scratch = try? Scratch(), test_bind_mount(scratch.path.string, scratch.path.string) == 0 else {
        return false
      }
      return test_unmount(scratch.path.string) == 0
    }
  }
}
