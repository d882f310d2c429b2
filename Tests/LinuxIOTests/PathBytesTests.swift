import LinuxIO
import SystemPackage
import Testing

struct PathBytesTests {
  @Test(arguments: ["", "/", "a", "/a", "a/b", "/a/b", "/a/b/c.wasm", "a/..", "..", "/\u{e9}/\u{1f600}", "a//b/"])
  func theParentIsThePathWithoutItsLastComponent(_ text: String) {
    let path = FilePath(text)
    #expect(path.parent == path.removingLastComponent())
  }

  @Test func namesThatAreNoTextHaveParents() {
    let path = FilePath(bytes: [0x2f, 0xff, 0x2f, 0xfe])
    #expect(path.parent.bytes == [0x2f, 0xff])
  }
}
