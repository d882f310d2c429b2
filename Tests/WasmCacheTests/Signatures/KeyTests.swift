import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmCache

/// Files of keys: whose are taken, and what is said about the others.
struct KeyTests {
  private let fixture = SignatureFixture()
  private let directory: TemporaryDirectory
  private let statement = SignatureFixture.statement()

  init() throws { directory = try TemporaryDirectory() }

  private func secretComplaint(_ path: FilePath) -> String? {
    keyComplaint { () throws(KeyError) in _ = try SigningKey(reading: path) }
  }

  private func publicComplaint(_ path: FilePath, trust: CacheTrust = .owner) -> String? {
    keyComplaint { () throws(KeyError) in _ = try VerificationKey(reading: path, trust: trust) }
  }

  private func writeSecret(_ text: String, mode: UInt32 = 0o600) throws -> FilePath {
    try directory.write(text, to: "ci.sec", mode: .init(rawValue: mode))
  }

  @Test func aPairComesBackFromItsFiles() throws {
    let secret = try SigningKey(reading: writeSecret(fixture.key.text))
    let key = try VerificationKey(reading: directory.write(fixture.key.verificationKey.text, to: "team.pub"))
    #expect(key.id == fixture.key.id && key.name == "team.pub", "messages name the file")
    #expect(try TrustedKeys([key]).verify(secret.sign(statement), of: statement) == key)
    #expect(SigningKey(generating: "ci").text != fixture.key.text, "no two are the same")
  }

  /// minisign(1) keeps keys without a password in a form of its own, which it proves by a hash that we do not have.
  @Test func minisignsFormIsReadToo() throws {
    let signify = SignatureFixture.bytes(SignatureFixture.lines(Array(fixture.key.text.utf8))[1])
    var bytes = Array("Ed".utf8) + [0, 0] + Array("B2".utf8) + [UInt8](repeating: 0, count: 48)
    bytes += signify[32...] + [UInt8](repeating: 7, count: 32)
    let path = try writeSecret("untrusted comment: minisign\n\(SignatureFixture.base64(bytes))\n")
    #expect(try fixture.trusted.verify(SigningKey(reading: path).sign(statement), of: statement).name == "ci.pub")
    // With a password.
    bytes.replaceSubrange(2..<4, with: Array("Sc".utf8))
    _ = try writeSecret("untrusted comment: minisign\n\(SignatureFixture.base64(bytes))\n")
    let complaint =
      "has a password, which nobody can be asked for here: take a key without (`wasmprecompile keys generate`)"
    #expect(secretComplaint(path) == complaint)
    var encrypted = signify
    encrypted[7] = 42
    _ = try writeSecret("untrusted comment: signify\n\(SignatureFixture.base64(encrypted))\n")
    #expect(secretComplaint(path) == complaint)
  }

  @Test(arguments: [0o640, 0o604, 0o622, 0o644] as [UInt32])
  func aSecretKeyThatOthersMayReadIsRefused(_ mode: UInt32) throws {
    let path = try writeSecret(fixture.key.text)
    try Descriptor.open(path, O_RDONLY).setMode(mode)
    #expect(
      secretComplaint(path)
        == "other users may read it: `chmod 600 \(path)`, and take a new key if one of them could sign with it")
  }

  @Test(arguments: [0o622, 0o606] as [UInt32]) func aPublicKeyThatOthersMayReplaceIsRefused(_ mode: UInt32) throws {
    let path = try directory.write(fixture.key.verificationKey.text, to: "ci.pub")
    try Descriptor.open(path, O_RDONLY).setMode(mode)
    // A group that has nobody else is none; root's in a container has, or not.
    if mode & 0o002 != 0 {
      #expect(
        publicComplaint(path) == "other users may write to it, and put another key there: `chmod go-w \(path)`")
    }
    #expect(publicComplaint(path, trust: .anyone) == nil)
    try Descriptor.open(path, O_RDONLY).setMode(0o644)
    #expect(publicComplaint(path) == nil)
    try Descriptor.open(directory.path, O_RDONLY).setMode(0o777)
    #expect(
      publicComplaint(path)
        == "other users may write to its directory, and put another key there: `chmod go-w \(directory.path)`")
    // Whoever may write to a directory above can put another in the place of the key's.
    _ = try directory.makeDirectory("keys", mode: 0o755)
    let below = try directory.makeDirectory("keys/team", mode: 0o755)
    let deep = try directory.write(fixture.key.verificationKey.text, to: "keys/team/ci.pub")
    let objection =
      "other users may write to \(directory.path) above it, and put another key there: `chmod go-w \(directory.path)`"
    #expect(publicComplaint(deep) == objection)
    // So can whoever owns the way to a link, or to what it leads to.
    let elsewhere = try TemporaryDirectory()
    let link = elsewhere("link.pub")
    #expect(symlink(deep.string, link.string) == 0)
    #expect(publicComplaint(link) == objection)
    try Descriptor.open(directory.path, O_RDONLY).setMode(0o755)
    #expect(publicComplaint(deep) == nil && publicComplaint(link) == nil)
    try Descriptor.open(below, O_RDONLY).setMode(0o777)
    #expect(
      publicComplaint(link)
        == "other users may write to its directory, and put another key there: `chmod go-w \(below)`")
    try Descriptor.open(below, O_RDONLY).setMode(0o755)
    try Descriptor.open(elsewhere.path, O_RDONLY).setMode(0o777)
    #expect(
      publicComplaint(link)
        == "other users may write to its directory, and put another key there: `chmod go-w \(elsewhere.path)`")
    try Descriptor.open(elsewhere.path, O_RDONLY).setMode(0o1777)
    #expect(publicComplaint(link) == nil, "in a sticky directory, nobody else can replace a file")
  }

  @Test func whatIsNoFileIsNotRead() throws {
    let fifo = directory("fifo")
    #expect(fifo.withPlatformString { mkfifo($0, 0o600) } == 0)
    let zero = try directory.link("zero", to: "/dev/zero")
    let large = try directory.write([UInt8](repeating: 0x41, count: 9000), to: "large", mode: .init(rawValue: 0o600))
    for complaint in [secretComplaint, { publicComplaint($0) }] {
      #expect(complaint(fifo) == "cannot read the key: it is a FIFO")
      #expect(complaint(zero) == "cannot read the key: it is a character device")
      #expect(complaint(directory.path) == "cannot read the key: it is a directory")
      #expect(complaint(large) == "cannot read the key: it has 9000 bytes, more than 8192")
      #expect(complaint(directory("missing")) == "cannot read the key: no such file or directory")
    }
  }

  @Test func keysThatAreMixedUpAreNamed() throws {
    let publicFile = try directory.write(fixture.key.verificationKey.text, to: "ci.pub", mode: .init(rawValue: 0o600))
    let secretFile = try writeSecret(fixture.key.text)
    #expect(
      secretComplaint(publicFile)
        == "is not a secret key: it is a public one: name the file beside it that is kept secret")
    #expect(
      publicComplaint(secretFile)
        == "is not a public key: it is a secret one, which nobody else needs: name the file beside it that ends in .pub"
    )
  }

  @Test func whatIsNoKeyIsSaid() throws {
    func complaints(_ text: String) throws -> [String?] {
      let path = try writeSecret(text)
      return [secretComplaint(path), publicComplaint(path)]
    }
    let key = SignatureFixture.lines(Array(fixture.key.text.utf8))
    #expect(
      try complaints("") == [
        "is not a secret key: it does not end with a whole line",
        "is not a public key: it does not end with a whole line",
      ])
    #expect(
      try complaints("untrusted comment: x\nAAAA\n") == [
        "is not a secret key: its second line has 3 bytes, not 104 (signify) or 158 (minisign)",
        "is not a public key: its second line has 3 bytes, not 42",
      ])
    #expect(try complaints(fixture.key.text + "more\n")[0] == "is not a secret key: it has more than two lines")
    #expect(
      try complaints(fixture.key.verificationKey.text + "more\n")[1]
        == "is not a public key: it has more than two lines")
    var damaged = SignatureFixture.bytes(key[1])
    damaged[50] ^= 1
    #expect(
      try complaints("\(key[0])\n\(SignatureFixture.base64(damaged))\n")[0]
        == "is not a secret key: its two halves do not belong together: it is damaged")
    damaged = SignatureFixture.bytes(key[1])
    damaged[1] = UInt8(ascii: "x")
    #expect(
      try complaints("\(key[0])\n\(SignatureFixture.base64(damaged))\n")[0]
        == "is not a secret key: it is not of the kind Ed")
  }
}
