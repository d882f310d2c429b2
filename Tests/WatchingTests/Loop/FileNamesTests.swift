import LinuxIO
import SystemPackage
import Testing

@testable import Watching

@Suite struct FileNamesTests {
  private let one = FileIdentity(device: 1, inode: 1)
  private let other = FileIdentity(device: 1, inode: 2)

  @Test func namesOfOneFileBelongTogetherUntilTheyStandForAnother() {
    var names = FileNames()
    names.note(["/a": one, "/b": one, "/c": other])
    #expect(names.others(of: "/a") == ["/b"])
    #expect(names.others(of: "/c") == [] && names.others(of: "/d") == [])
    names.note(["/d": one])
    #expect(names.others(of: "/a") == ["/b", "/d"])
    names.note(["/b": other])
    #expect(names.others(of: "/a") == ["/d"] && names.others(of: "/b") == ["/c"])
    names.remove("/d")
    #expect(names.others(of: "/a") == [])
  }
}
