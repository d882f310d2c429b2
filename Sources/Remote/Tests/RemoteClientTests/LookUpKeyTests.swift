import RemoteClient
import RemoteProtocol
import Testing

/// The digests are what `Protocol/lookup-key` prints, which writes the messages by hand.
@Suite struct LookUpKeyTests {
  private static let key = RemoteKey(
    text: "cranelift-50.0.1-" + String(repeating: "ab", count: 32) + "/" + String(repeating: "0f", count: 32) + ".cwasm"
  )

  @Test func aKeyHasTheDigestThatAnyoneComputes() throws {
    let key = try LookUpKey(Self.key, salt: "")
    #expect(
      key.digest.hash == "a06d61904eadffc76a56bd89dd174fa496c86973dea1bdd1803617e6bd73be7d" && key.digest.size == 139)
    #expect(key.commandDigest.hash == "037dfa6bb941cc7e8a59807695ce7c382a78925bea3b3f60018b0c0f9a4a157f")
    #expect(key.commandDigest.size == 181 && BlobDigest(of: key.command) == key.commandDigest)
    #expect(BlobDigest(of: key.action) == key.digest)
  }

  @Test func aSaltDisownsWhatWasStored() throws {
    let key = try LookUpKey(Self.key, salt: "2026-11")
    #expect(
      key.digest.hash == "5e9ddd7eaa7060a200941a4e01a8916054f03e2f0f506a2a968b28e6c7b15e69" && key.digest.size == 148)
  }

  @Test func anEmptyTextIsAWordAllTheSame() throws {
    let key = try LookUpKey(RemoteKey(text: ""), salt: "")
    #expect(key.digest.hash == "d28cd097b3d09cdd615e7772b84fad8b3b1aa1a56cbe2730a65d988d79efe549")
  }
}
