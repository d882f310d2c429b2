import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler

/// Runs that want to know who has made what another machine has.
struct RemoteSignatureTests {
  private let stage: StagedRun
  private let store = FakeRemoteStore()
  private let key = SigningKey(generating: "ci")
  private let other = SigningKey(generating: "other")
  private let names = ["0", "1", "2"]

  init() throws {
    stage = try StagedRun()
    for name in names { try stage.write(name) }
  }

  /// A run with a cache of its own.
  ///
  /// - Parameter trusting: the keys of which one has to have signed; nil if nobody asks for signatures.
  private func run(
    _ cache: String, signedBy signer: SigningKey? = nil, trusting: SigningKey?, stores: Bool = false,
    _ observer: RecordingObserver = RecordingObserver()
  ) throws -> RunSummary {
    var request = stage.request(names)
    request.caches.path = stage.directory(cache)
    request.caches.signer = signer
    if let trusting { request.caches.trustedKeys = TrustedKeys([trusting.verificationKey]) }
    request.remote = RemoteUse(store, stores: stores)
    return try stage.run(request, FakeToolchain("one"), observer: observer)
  }

  private func trouble(_ observer: RecordingObserver) -> [String] {
    observer.said.filter { $0.hasPrefix("remote ") }.map { $0.replacing("\(stage.directory.path)/", with: "") }
  }

  private func statement(_ name: String, build: UInt8 = 1) throws -> ArtifactStatement {
    let number = try #require(names.firstIndex(of: name))
    let bytes = try #require(store.artifacts[store.asked[number]])
    return ArtifactStatement(
      FakeToolchain("one", build: build).identity(), .generate(StagedRun.contents(name)), ArtifactDigest(hashing: bytes)
    )
  }

  @Test func whatATrustedKeySignedIsTaken() throws {
    #expect(try run("here", signedBy: key, trusting: nil, stores: true).remote?.stored == 3)
    #expect(store.signatures.count == 3)
    let observer = RecordingObserver()
    let summary = try run("there", trusting: key, observer)
    #expect(summary.fetched == 3 && summary.compiled == 0 && summary.refused == 0 && trouble(observer).isEmpty)
    // It stays signed by who made it, for the next machine, whoever fetches it.
    let third = try run("elsewhere", signedBy: other, trusting: nil)
    #expect(third.fetched == 3)
    for summary in [summary, third] {
      let cache = try #require(summary.targets[0].directory?.cache)
      for name in names {
        let entry = try #require(summary.targets[0].directory).entryPath(.generate(StagedRun.contents(name)))
        let signer = try cache.signer(ofEntryAt: entry, among: TrustedKeys([key.verificationKey]))
        #expect(signer.name == key.verificationKey.name)
      }
    }
  }

  @Test func whatNobodySignedIsToldOnce() throws {
    _ = try run("here", trusting: nil, stores: true)
    let observer = RecordingObserver()
    let summary = try run("there", trusting: key, observer)
    #expect(summary.compiled == 3 && summary.fetched == 0 && summary.refused == 3 && summary.remote?.errors == 0)
    #expect(
      trouble(observer) == ["remote fake://store: 3 artifacts are not signed: 0 and 2 more are compiled instead"])
    // It is no signature, so there is none to keep either.
    let fetched = try run("elsewhere", signedBy: other, trusting: nil)
    let directory = try #require(fetched.targets[0].directory)
    let entry = directory.entryPath(.generate(StagedRun.contents("0")))
    #expect(throws: SignatureFault.missing) {
      try directory.cache.signer(ofEntryAt: entry, among: TrustedKeys([other.verificationKey]))
    }
  }

  /// What somebody may do who can write to the server, and has no key.
  enum Poison: CaseIterable, CustomTestStringConvertible {
    case unsigned, strangeKey, otherModule, otherIdentity, otherArtifact, noSignature

    var testDescription: String { "\(self)" }

    var message: String {
      switch self {
      case .unsigned: "its artifact is not signed: 0 is compiled instead"
      case .strangeKey: "its artifact is signed by a key that is not trusted (ID): 0 is compiled instead"
      case .otherModule, .otherIdentity, .otherArtifact:
        "its artifact's signature by ci.pub is wrong: it was made for something else, or changed: 0 is compiled instead"
      case .noSignature:
        "its artifact's signature is none: its first line does not begin with `untrusted comment: `: 0 is compiled instead"
      }
    }
  }

  @Test(arguments: Poison.allCases) func whatIsPoisonedIsCompiledHere(_ poison: Poison) throws {
    _ = try run("here", signedBy: key, trusting: nil, stores: true)
    let (first, second) = (store.asked[0], store.asked[1])
    switch poison {
    case .unsigned: store.signatures[first] = nil
    case .strangeKey: store.signatures[first] = try other.sign(statement("0"))
    case .otherModule:
      store.artifacts[first] = store.artifacts[second]
      store.signatures[first] = store.signatures[second]
    case .otherIdentity: store.signatures[first] = try key.sign(statement("0", build: 2))
    case .otherArtifact: store.artifacts[first]?.append(0)
    case .noSignature: store.signatures[first] = Array("good\n".utf8)
    }
    let observer = RecordingObserver()
    let summary = try run("there", trusting: key, observer)
    #expect(summary.compiled == 1 && summary.fetched == 2 && summary.refused == 1 && !summary.hasFailures)
    let said = trouble(observer).map { $0.replacing(/\([0-9A-F]{16}\)/, with: "(ID)") }
    #expect(said == ["remote fake://store: \(poison.message)"])
    let module = WasmHash.generate(StagedRun.contents("0"))
    let toolchain = FakeToolchain("one")
    #expect(try stage.artifact(summary.targets[0], module) == FakeToolchain.artifact(of: module, toolchain.wishes[0]))
    #expect(try run("there", trusting: key).upToDate == 3)
  }
}
