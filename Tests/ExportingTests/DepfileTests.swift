import LinuxIO
import SystemPackage
import Testing

@testable import Exporting

struct DepfileTests {
  @Test func namesInputsOfEachTargetAndThenEachInputAlone() throws {
    var depfile = Depfile(inputs: ["/lib/engine.so"], directories: ["build", "build/sub", "."])
    depfile.add("build.stamp", from: ["build/a.wasm", "build/sub/b c.wasm"])
    #expect(
      String(decoding: try depfile.text(), as: UTF8.self) == #"""
        build.stamp: \
          /lib/engine.so \
          build/. \
          build/sub/. \
          . \
          build/a.wasm \
          build/sub/b\ c.wasm

        /lib/engine.so:
        build/.:
        build/sub/.:
        .:
        build/a.wasm:
        build/sub/b\ c.wasm:

        """#)
  }

  @Test func severalTargetsShareWhatAllAreMadeFrom() throws {
    var depfile = Depfile(inputs: ["e"], directories: [])
    depfile.add("out/a", from: ["a"])
    depfile.add("out/b", from: ["b"])
    #expect(
      String(decoding: try depfile.text(), as: UTF8.self) == #"""
        out/a: \
          e \
          a

        out/b: \
          e \
          b

        e:
        a:
        b:

        """#)
  }

  @Test(arguments: [
    ("a b", #"a\ b"#), ("a#b", "a\\#b"), ("a$b", "a$$b"), ("a:b", #"a\:b"#), (#"a\b"#, #"a\b"#), (#"a\ b"#, #"a\\\ b"#),
    ("a b:c$d#e", "a\\ b\\:c$$d\\#e"), ("é", "é"), ("a'\"&()[]~,b", "a'\"&()[]~,b"),
  ])
  func escapesWhatMeansSomething(_ name: String, _ escaped: String) throws {
    #expect(String(decoding: try Depfile.escaped(FilePath(name)), as: UTF8.self) == escaped)
  }

  @Test(arguments: ["a&b", "a'b", "a\"b", "a*b", "a?b", "a`b", "a<b", "a>b", "a^b"])
  func refusesWhatNinjaSplitsAt(_ name: String) throws {
    let culprit = try #require(name.dropFirst().first)
    var depfile = Depfile(inputs: [], directories: [])
    depfile.add("stamp", from: [FilePath(name)])
    let error = #expect(throws: UnnamableInDepfile.self) { try depfile.text() }
    #expect(
      error?.description == "cannot be named in a depfile: ninja would misread the \"\(culprit)\" in its name")
    var forMake = Depfile(inputs: [], directories: [], isForMakeOnly: true)
    forMake.add("stamp", from: [FilePath(name)])
    #expect(throws: Never.self) { try forMake.text() }
  }

  @Test func keepsBytesThatAreNotUTF8() throws {
    #expect(try Depfile.escaped(FilePath(bytes: [0xff, 0x20])) == [0xff, 0x5c, 0x20])
  }

  @Test(arguments: [
    ("a=b", #"the "=""#), ("a;b", #"the ";""#), ("a|b", #"the "|""#), ("a%b", #"the "%""#), ("a\\#b", #"the "\""#),
    (#"a\:b"#, #"the "\""#), (#"a\"#, #"the "\""#), ("a\nb", "the control character"),
    ("a\tb", "the control character"),
  ])
  func refusesWhatMakeCannotRead(_ name: String, _ culprit: String) {
    let error = #expect(throws: UnnamableInDepfile.self) { try Depfile.escaped(FilePath(name)) }
    #expect(error?.path == FilePath(name))
    #expect(
      error?.description
        == "cannot be named in a depfile: make would misread \(culprit) in its name")
  }
}
