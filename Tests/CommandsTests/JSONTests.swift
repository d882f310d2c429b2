import Foundation
import LinuxIO
import SystemPackage
import Testing

@testable import Commands

struct JSONTests {
  private func text(_ value: JSON) -> String {
    var bytes: [UInt8] = []
    value.write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func membersKeepTheirOrder() {
    let value: JSON = ["b": 1, "a": .array([.null, false, "x"]), "c": [:], "d": .array([])]
    #expect(text(value) == #"{"b":1,"a":[null,false,"x"],"c":{},"d":[]}"#)
  }

  @Test func nothingInALineCouldGarbleATerminal() {
    #expect(text("a\"\\\n\u{1b}\u{7f}\u{85}\u{202e}é🦀") == #""a\"\\\u000a\u001b\u007f\u0085\u202eé🦀""#)
    #expect(text("\u{10ff00}") == #""\udbff\udf00""#)
  }

  @Test func otherReadersGetTheSameText() throws {
    let scalars = (0..<0x11_0000 as Range<UInt32>).lazy.filter { $0 % 97 == 0 || $0 < 0x3000 }.compactMap(
      Unicode.Scalar.init)
    let all = String(String.UnicodeScalarView(scalars))
    let read = try JSONSerialization.jsonObject(with: Data(text(.array([.string(all)])).utf8)) as? [String]
    #expect(read?.first?.unicodeScalars.elementsEqual(all.unicodeScalars) == true)
  }

  @Test func pathsAreTextWhereTheyCanBe() {
    #expect(text(JSON(FilePath("/a/ü"))) == #""/a/ü""#)
    #expect(text(JSON(FilePath(bytes: [0x2f, 0xc3]))) == #"{"hex":"2fc3"}"#)
    #expect(text(JSON(nil as FilePath?)) == "null")
  }

  @Test func numbersAreWhole() {
    #expect(text(JSON(UInt64.max)) == "9223372036854775807")
    #expect(text(JSON(-5)) == "-5")
    #expect(text(JSON(nil as Int?)) == "null")
  }
}
