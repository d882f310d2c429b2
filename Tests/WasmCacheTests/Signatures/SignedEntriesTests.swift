import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// Signatures beside entries: who writes them, who asks for them, and what becomes of them.
struct SignedEntriesTests {
  private let fixture: CacheFixture
  private let keys = SignatureFixture()
  private let artifact = CacheFixture.artifact("an artifact")
  /// One whose artifacts carry records, as those must that are looked at before they are signed.
  private static let identity = CacheFixture.strictIdentity()
  private let module = WasmHash.generate(WasmBinary.empty)
  private let own: CacheDirectory

  init() throws {
    fixture = try CacheFixture()
    own = try CacheDirectory(making: fixture.directory("own"))
  }

  private func publish(signedBy key: SigningKey?, _ artifact: [UInt8]? = nil, for module: WasmHash? = nil) throws {
    try fixture.writer(Self.identity, Publisher(fixture.cache, signer: key))
      .publish(artifact ?? self.artifact, for: module ?? self.module)
  }

  private var entry: FilePath { fixture.reader(Self.identity).entryPath(module) }
  private var signature: FilePath { FilePath(entry.string + SignatureFile.suffix) }

  /// Opens the module's artifact in the cache as a lower one.
  private func fault(
    trusting keys: TrustedKeys? = nil, _ catalog: LoadingCatalog = LoadingCatalog(of: nil, isWritable: false)
  ) throws -> CacheError? {
    let lower = try CacheDirectory.lower(at: fixture.path, signedBy: keys ?? self.keys.trusted)
    let entries = VerifiedEntries(EngineDirectory(Self.identity, in: lower), catalog)
    return HostFixture.error { () throws(CacheError) in try entries.open(module) }
  }

  private func refusal(_ fault: SignatureFault) -> CacheError { .refused(entry, fault) }

  private func replace(_ path: FilePath, _ make: (FilePath) throws -> Void) throws {
    try fixture.remove(path)
    try make(path)
  }

  // MARK: Lower caches

  @Test func whatATrustedKeySignedIsTaken() throws {
    try publish(signedBy: keys.key)
    #expect(try fault() == nil)
    #expect(try Descriptor.status(of: signature).permissions == 0o444)
    #expect(
      try fault(trusting: TrustedKeys([keys.other.verificationKey])) == refusal(.unknownKey(id: "\(keys.key.id)")))
    #expect(try fault(trusting: TrustedKeys([keys.other, keys.key].map(\.verificationKey))) == nil)
  }

  @Test func whatNobodySignedIsRefused() throws {
    try publish(signedBy: nil)
    #expect(try fault() == refusal(.missing))
    #expect(try fault(trusting: TrustedKeys.none) == nil, "nobody asks")
    #expect("\(refusal(.missing))" == "\(entry): its artifact is not signed")
  }

  @Test func theOwnCacheIsItsOwnersWord() throws {
    try publish(signedBy: nil)
    let entries = VerifiedEntries(fixture.reader(Self.identity), LoadingCatalog(of: nil, isWritable: false))
    #expect(HostFixture.error { () throws(CacheError) in try entries.open(module) } == nil)
  }

  @Test func aMovedSignatureIsRefused() throws {
    let other = WasmHash.generate([1])
    try publish(signedBy: keys.key)
    try publish(signedBy: keys.key, CacheFixture.artifact("another"), for: other)
    let stranger = FilePath(fixture.reader(Self.identity).entryPath(other).string + SignatureFile.suffix)
    let bytes = try [UInt8](contentsOf: stranger)
    try replace(signature) { try bytes.write(to: $0) }
    #expect(try fault() == refusal(.wrong(key: "ci.pub")))
    // The entry of another module with its own signature is none of this one's.
    try replace(entry) { path in
      let target = try Descriptor.symbolicLinkTarget(of: fixture.reader(Self.identity).entryPath(other).string)
      #expect(target.string.withCString { text in path.withPlatformString { symlink(text, $0) } } == 0)
    }
    #expect(try fault() == refusal(.wrong(key: "ci.pub")))
  }

  @Test func anArtifactThatWasReplacedIsRefused() throws {
    try publish(signedBy: keys.key)
    try publish(signedBy: nil, CacheFixture.artifact("poison"))
    #expect(try fault() == refusal(.wrong(key: "ci.pub")))
    // Signed anew, it is good again.
    try publish(signedBy: keys.key, CacheFixture.artifact("mended"))
    #expect(try fault() == nil)
  }

  @Test func whatIsNoFileIsNotWaitedFor() throws {
    try publish(signedBy: keys.key)
    try replace(signature) { path in #expect(path.withPlatformString { mkfifo($0, 0o600) } == 0) }
    #expect(try fault() == refusal(.unreadable(reason: "it is a FIFO")))
    try replace(signature) { path in #expect(path.withPlatformString { symlink("/dev/zero", $0) } == 0) }
    #expect(try fault() == refusal(.unreadable(reason: "it is a symbolic link")))
    try replace(signature) { try [UInt8](repeating: 0, count: 1 << 20).write(to: $0) }
    #expect(try fault() == refusal(.malformed(reason: "it has 1048576 bytes, more than 4096")))
    try replace(signature) { path in #expect(path.withPlatformString { mkdir($0, 0o700) } == 0) }
    #expect(try fault() == refusal(.unreadable(reason: "it is a directory")))
  }

  // MARK: The catalog

  @Test func aCheckIsRememberedForTheKeyThatSigned() throws {
    try publish(signedBy: keys.key)
    let both = TrustedKeys([keys.other, keys.key].map(\.verificationKey))
    let catalog = LoadingCatalog(of: own, isWritable: true)
    #expect(try fault(trusting: both, catalog) == nil)
    catalog.flush()
    // The signature is not looked at again: what was signed stays signed.
    try fixture.remove(signature)
    let later = { LoadingCatalog(of: own, isWritable: true) }
    #expect(try fault(later()) == nil)
    #expect(try fault(trusting: both, later()) == nil)
    // For others than the one that signed nothing is remembered.
    #expect(try fault(trusting: TrustedKeys([keys.other.verificationKey]), later()) == refusal(.missing))
    // A key of the same number and name is another key.
    let impostor = VerificationKey(name: "ci.pub", id: keys.key.id, point: keys.other.verificationKey.point)
    #expect(try fault(trusting: TrustedKeys([impostor]), later()) == refusal(.missing))
    // Nor is anything for another artifact.
    try publish(signedBy: nil, CacheFixture.artifact("poison"))
    #expect(try fault(later()) == refusal(.missing))
  }

  @Test func aRefusalIsNotRemembered() throws {
    try publish(signedBy: nil)
    let catalog = LoadingCatalog(of: own, isWritable: true)
    #expect(try fault(catalog) == refusal(.missing))
    catalog.flush()
    try publish(signedBy: keys.key)
    #expect(try fault(LoadingCatalog(of: own, isWritable: true)) == nil)
  }

  @Test func aRowThatRottedIsNotBelieved() throws {
    let statement = SignedStatement(SignatureFixture.statement(), by: keys.key.verificationKey, checked: 7)
    var record = RunRecord()
    record.signed = [statement]
    #expect(Catalog.open(in: own.base).catalog?.commit(record, now: 7) != nil)
    #expect(Catalog.open(in: own.base).catalog?.knows(statement) == true)
    let connection = try SQLiteConnection(own.base.appending("catalog.sqlite"), .readWrite, timeout: 0)
    try connection.execute("UPDATE signed SET checked = 8")
    #expect(Catalog.open(in: own.base).catalog?.knows(statement) == false)
  }

  // MARK: What else is in the cache

  @Test func aSignatureIsNoEntry() throws {
    try publish(signedBy: keys.key)
    let name = try #require(signature.lastComponent?.string)
    #expect(CacheLayout.module(ofEntry: name) == nil)
    let inventory = try CacheInventory(of: fixture.cache)
    #expect(inventory.entries.count == 1)
    var checked: [CheckedEntry] = []
    try fixture.cache.verify(repair: true) { checked.append($0) }
    #expect(checked.map(\.fault) == [nil])
    #expect(try Descriptor.status(of: signature).kind == .regular, "nothing was repaired away")
  }

  @Test func aSignatureGoesWithItsEntry() throws {
    try publish(signedBy: keys.key)
    var nothing = EvictionLimits()
    nothing.size = 0
    _ = try fixture.cache.evict(nothing, dryRun: false, now: WallClock.now()) { _, _ in }
    #expect(try fixture.names("engines").isEmpty)
  }

  @Test func aSignatureWithoutAnEntryGoes() throws {
    try publish(signedBy: keys.key)
    // A cache that has lost every entry counts as copied, and is left as it is.
    try publish(signedBy: keys.key, CacheFixture.artifact("another"), for: .generate([1]))
    try fixture.remove(entry)
    _ = try fixture.cache.evict(EvictionLimits(), dryRun: true, now: WallClock.now()) { _, _ in }
    #expect((try? Descriptor.status(of: signature)) != nil, "a dry run removes nothing")
    _ = try fixture.cache.evict(EvictionLimits(), dryRun: false, now: WallClock.now()) { _, _ in }
    #expect((try? Descriptor.status(of: signature)) == nil)
  }

  @Test func aFingerprintIsOfTheKeysThatCount() throws {
    try publish(signedBy: keys.key)
    let now = WallClock.now() + 10_000_000_000
    func fingerprint(_ keys: TrustedKeys) throws -> DirectoryFingerprint? {
      let lower = try CacheDirectory.lower(at: fixture.path, signedBy: keys)
      var modules = ModulesDigest()
      modules.add(module)
      return DirectoryFingerprint(
        of: modules,
        in: [(EngineDirectory(Self.identity, in: lower), try ObjectsState(lower, now: now))], now: now)
    }
    let (one, other) = (keys.key.verificationKey, keys.other.verificationKey)
    let first = try #require(try fingerprint(TrustedKeys([one])))
    #expect(try fingerprint(TrustedKeys([one])) == first)
    #expect(try fingerprint(.none) != first)
    #expect(try fingerprint(TrustedKeys([other])) != first)
    #expect(try fingerprint(TrustedKeys([one, other])) != first)
    #expect(try fingerprint(TrustedKeys([one, other])) == fingerprint(TrustedKeys([other, one])))
  }

  // MARK: Signing what is there

  private func sign(_ key: SigningKey, replacing: Bool = false) throws -> [EntrySigning] {
    var found: [EntrySigning] = []
    try fixture.cache.sign(with: key, replacingOthers: replacing) { found.append($1) }
    return found
  }

  @Test func whatIsThereIsSignedOnce() throws {
    let modules = (0..<20).map { WasmHash.generate([UInt8($0)]) }
    for (number, module) in modules.enumerated() {
      try publish(signedBy: nil, CacheFixture.artifact("\(number)"), for: module)
    }
    try publish(signedBy: nil)
    #expect(try fault() == refusal(.missing))
    #expect(try sign(keys.key) == Array(repeating: .signed, count: 21))
    #expect(try fault() == nil)
    #expect(try sign(keys.key) == Array(repeating: .signedBefore, count: 21))
    #expect(try sign(keys.other) == Array(repeating: .signedByOther(keys.key.id), count: 21))
    #expect(try sign(keys.other, replacing: true) == Array(repeating: .signed, count: 21))
    #expect(try fault(trusting: TrustedKeys([keys.other.verificationKey])) == nil)
    #expect(try fixture.names("tmp").isEmpty)
  }

  @Test func aDamagedSignatureIsMadeAnew() throws {
    try publish(signedBy: keys.key)
    try replace(signature) { try Array("rubbish".utf8).write(to: $0) }
    #expect(try sign(keys.key) == [.signed])
    #expect(try fault() == nil)
    // One of ours that is of other bytes, too.
    try publish(signedBy: nil, CacheFixture.artifact("mended"))
    #expect(try sign(keys.key) == [.signed])
    #expect(try fault() == nil)
  }

  @Test func whatIsCorruptIsNotSigned() throws {
    try publish(signedBy: nil)
    try fixture.corrupt(fixture.object(artifact), with: CacheFixture.artifact("poison"))
    let found = try sign(keys.key)
    #expect(found.count == 1)
    guard case .notSigned(let reason) = found.first else {
      Issue.record("\(found)")
      return
    }
    #expect(reason.hasPrefix("its artifact is corrupt: the bytes hash to "))
    #expect((try? Descriptor.status(of: signature)) == nil)
  }
}
