import SystemPackage
import Testing
import WasmEngine

@testable import WasmCache

/// Signatures and the attacks on them.
struct SignatureTests {
  private let fixture = SignatureFixture()
  private let statement = SignatureFixture.statement()

  private var good: [UInt8] { get throws { try fixture.key.sign(statement) } }

  @Test func theStatementIsAChecksumLine() {
    let identity = CacheFixture.identity()
    let module = WasmHash.generate(Array("module".utf8))
    let artifact = SignatureFixture.digest(Array("artifact".utf8))
    #expect(
      ArtifactStatement(identity, module, artifact).text
        == "SHA256 (cranelift-50-\(identity.digest.hex)/\(module.encode()).cwasm) = \(artifact)\n")
    // What the cache says about itself leads to the same line.
    #expect(
      ArtifactStatement(EngineDescription(identity), module, artifact)?.text
        == ArtifactStatement(identity, module, artifact).text)
  }

  @Test(arguments: ["identity", "record", "build", "backend", "features"])
  func aDescriptionThatLiesHasNoStatement(_ part: String) {
    var description = EngineDescription(CacheFixture.identity())
    switch part {
    case "identity": description.identity = String(description.identity.reversed())
    case "record": description.record += "00"
    case "build": description.build += "00"
    case "backend": description.backend = "winch"
    default: description.features = "all"
    }
    let module = WasmHash.generate([])
    #expect(ArtifactStatement(description, module, SignatureFixture.digest([])) == nil)
  }

  @Test func aGoodOneNamesItsKey() throws {
    #expect(try fixture.trusted.verify(good, of: statement).name == "ci.pub")
    // While a key is replaced, both count.
    let both = TrustedKeys([fixture.other.verificationKey, fixture.key.verificationKey])
    #expect(try both.verify(good, of: statement).name == "ci.pub")
    #expect(try both.verify(fixture.other.sign(statement), of: statement).name == "other.pub")
    #expect(try good == fixture.key.sign(statement), "the same each time")
    #expect(try good.count <= SignatureFile.largest)
  }

  /// signify(1) writes two lines.
  @Test func twoLinesAreEnough() throws {
    let lines = SignatureFixture.lines(try good)
    #expect(fixture.fault(SignatureFixture.file(Array(lines[..<2]) + [""])) == nil)
  }

  @Test func oneThatWasMovedIsWrong() throws {
    for other in [
      SignatureFixture.statement("another module"), SignatureFixture.statement(build: 2),
      SignatureFixture.statement(artifact: "another artifact"),
    ] {
      #expect(fixture.fault(try good, other) == .wrong(key: "ci.pub"))
      // Also if the comment that people read says what is asked for.
      var lines = SignatureFixture.lines(try good)
      lines[2] = SignatureFile.trusted + other.text.dropLast()
      #expect(fixture.fault(SignatureFixture.file(lines), other) == .wrong(key: "ci.pub"))
    }
  }

  @Test func oneByAnotherKeyDoesNotCount() throws {
    let foreign = try fixture.other.sign(statement)
    #expect(fixture.fault(foreign) == .unknownKey(id: "\(fixture.other.id)"))
    // One that says that it is by the trusted key is found out.
    var lines = SignatureFixture.lines(foreign)
    lines[1] = SignatureFixture.base64(
      Array("Ed".utf8) + fixture.key.id.bytes + SignatureFixture.bytes(lines[1]).suffix(64))
    #expect(fixture.fault(SignatureFixture.file(lines)) == .wrong(key: "ci.pub"))
    // So is a good one under another key's number.
    lines = SignatureFixture.lines(try good)
    lines[1] = SignatureFixture.base64(
      Array("Ed".utf8) + fixture.other.id.bytes + SignatureFixture.bytes(lines[1]).suffix(64))
    #expect(fixture.fault(SignatureFixture.file(lines)) == .unknownKey(id: "\(fixture.other.id)"))
  }

  @Test func everyFlippedBitOfTheSignatureShows() throws {
    let lines = SignatureFixture.lines(try good)
    let bytes = SignatureFixture.bytes(lines[1])
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 1 << (position % 8)
      let file = SignatureFixture.file([lines[0], SignatureFixture.base64(changed), ""])
      #expect(fixture.fault(file) != nil, "byte \(position)")
    }
  }

  @Test func aTruncatedOneIsNone() throws {
    let file = try good
    let lines = SignatureFixture.lines(file)
    // After the second line it is whole in signify's form.
    let whole = lines[0].utf8.count + lines[1].utf8.count + 2
    for length in 0..<file.count where length != whole {
      let fault = fixture.fault(Array(file[..<length]))
      guard case .malformed = fault else {
        Issue.record("\(length) bytes: \(String(describing: fault))")
        continue
      }
    }
  }

  @Test func whatWasAddedMakesItNone() throws {
    let file = try good
    let lines = SignatureFixture.lines(file)
    let trailing = "its artifact's signature is none: something else than a trusted comment follows its second line"
    func complaint(_ lines: [String]) -> String? { fixture.fault(SignatureFixture.file(lines))?.description }

    #expect(complaint(lines.dropLast() + ["more", ""]) == trailing)
    #expect(complaint(Array(lines[..<2]) + ["more", ""]) == trailing)
    #expect(complaint(Array(lines[..<2]) + ["", ""]) == trailing)
    #expect(complaint(Array(lines[..<2]) + [lines[2], "", ""]) == trailing)
    #expect(fixture.fault(file + [0]) == .malformed(reason: "it does not end with a whole line"))
    #expect(fixture.fault(file + Array("\n".utf8)) != nil)
    #expect(
      complaint([lines[0]] + lines) == "its artifact's signature is none: its second line is not base64",
      "a second comment")
    #expect(
      complaint(Array(lines[1...]))
        == "its artifact's signature is none: its first line does not begin with `untrusted comment: `")
    #expect(
      fixture.fault(Array(lines.joined(separator: "\r\n").utf8))
        == .malformed(reason: "its lines end as those of Windows do"))
    #expect(
      fixture.fault(SignatureFixture.file([lines[0], lines[1] + " ", ""]))
        == .malformed(reason: "its second line is not base64"))
    #expect(
      fixture.fault([0xff, 0x0a]) == .malformed(reason: "it is not text"))
    #expect(
      fixture.fault([UInt8](repeating: 0x0a, count: 5000)) == .malformed(reason: "it has 5000 bytes, more than 4096"))
    #expect(
      fixture.fault(SignatureFixture.file([lines[0] + String(repeating: "x", count: 1024), lines[1], ""]))
        == .malformed(reason: "it has a line of more than 1024 bytes"))
  }

  @Test func otherKindsOfSignaturesAreNone() throws {
    let lines = SignatureFixture.lines(try good)
    let bytes = SignatureFixture.bytes(lines[1])
    func fault(_ kind: String) -> SignatureFault? {
      fixture.fault(
        SignatureFixture.file([lines[0], SignatureFixture.base64(Array(kind.utf8) + bytes.dropFirst(2)), ""]))
    }
    #expect(fault("ED") == .malformed(reason: "it signs a hash (ED), not the text itself: `minisign -S -l` signs that"))
    #expect(fault("ed") == .malformed(reason: "it is not of the kind Ed"))
    #expect(
      fixture.fault(SignatureFixture.file([lines[0], SignatureFixture.base64(bytes.dropLast()), ""]))
        == .malformed(reason: "its second line has 73 bytes, not 74"))
  }

  @Test func faultsReadWell() {
    #expect(SignatureFault.missing.description == "its artifact is not signed")
    #expect(SignatureFault.missing.description(ofArtifacts: 12) == "12 artifacts are not signed")
    #expect(
      SignatureFault.unknownKey(id: "0123").description == "its artifact is signed by a key that is not trusted (0123)")
    #expect(
      SignatureFault.wrong(key: "ci.pub").description
        == "its artifact's signature by ci.pub is wrong: it was made for something else, or changed")
    #expect(
      SignatureFault.unreadable(reason: "it is a FIFO").description
        == "its artifact's signature cannot be read: it is a FIFO")
  }
}
