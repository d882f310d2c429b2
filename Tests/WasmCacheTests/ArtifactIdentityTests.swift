import Testing

@testable import WasmCache
@testable import WasmEngine

struct ArtifactIdentityTests {
  private static let record: [UInt8] = [0, 2] + Array("50".utf8) + [3] + Array("x86".utf8)

  private func identity(
    _ settings: EngineSettings = EngineSettings(backend: .cranelift), record: [UInt8] = record, build: [UInt8] = [1, 2]
  ) -> ArtifactIdentity {
    ArtifactIdentity(settings: settings, compatibility: CompatibilityRecord(bytes: record), libraryBuild: build)
  }

  /// Fixed, because another digest would make every cache forget everything. Made with
  /// `printf 'backend 9\ncraneliftrecord 8\n\0\00250\003x86build 2\n\001\002features 5\nleast' | sha256sum`.
  @Test func digestStaysTheSame() {
    #expect(identity().digest.hex == "02d7417aaddf681fc6a26893e6097d19bf398a3d75a9c1bd312428346b487f82")
    #expect(identity().shortDigest == "02d7417aaddf681f")
    #expect(identity().directoryName == "cranelift-50-02d7417aaddf681f")
  }

  @Test func everyPartCounts() {
    let all = [
      identity(), identity(EngineSettings(backend: .winch)), identity(EngineSettings(backend: .pulley)),
      identity(record: Self.record + [0]), identity(record: []), identity(build: [1, 3]), identity(build: []),
      identity(EngineSettings(backend: .cranelift, features: .all)),
    ]
    #expect(Set(all.map(\.digest)).count == all.count)
    #expect(Set(all.map(\.directoryName)).count == all.count)
    #expect(all.allSatisfy { $0.digest.count == 32 })
  }

  /// Bytes that move from one part to the next, and parts that look like what stands between parts, must not give the
  /// same digest.
  @Test func partsDoNotAlias() {
    let tag = Array("build \n".utf8)
    let pairs: [([UInt8], [UInt8])] = [
      ([1, 2], [3]), ([1], [2, 3]), ([], [1, 2, 3]), ([1, 2, 3], []),
      ([1] + tag + [2], [3]), ([1], [2] + tag + [3]), (tag, tag), (tag + tag, []),
    ]
    let digests = pairs.map { identity(record: $0.0, build: $0.1).digest }
    #expect(Set(digests).count == pairs.count)
  }

  @Test func directoryNameIsOneSafeComponent() {
    #expect(identity(record: [9, 9]).directoryName.hasPrefix("cranelift-unknown-"))
    let hostile: [UInt8] = [0, 2] + Array("..".utf8) + [1, 0x78]
    #expect(identity(record: hostile).directoryName.hasPrefix("cranelift-..-"))
    let slash: [UInt8] = [0, 4] + Array("../x".utf8) + [1, 0x78]
    #expect(identity(record: slash).directoryName.hasPrefix("cranelift-unknown-"))
    let odd: [UInt8] = [0, 3] + Array("5é".utf8) + [1, 0x78]
    #expect(identity(record: odd).directoryName.hasPrefix("cranelift-unknown-"))
  }

  /// The record of recent releases names only the major version.
  @Test func patchReleasesAreToldApartByTheirBuild() {
    let record = CompatibilityRecord(bytes: Self.record)
    let one = ArtifactIdentity(settings: EngineSettings(backend: .winch), compatibility: record, libraryBuild: [1])
    let other = ArtifactIdentity(settings: EngineSettings(backend: .winch), compatibility: record, libraryBuild: [2])
    #expect(one.directoryName != other.directoryName)
    #expect(one.directoryName.hasPrefix("winch-50-"))
  }

  // MARK: Wishes

  @Test(arguments: [
    (EngineSettings(backend: .cranelift), "cranelift"),
    (EngineSettings(backend: .winch, optimization: .none), "winch"),
    (EngineSettings(backend: .pulley, cpu: .baseline), "pulley"),
    (EngineSettings(backend: .cranelift, optimization: .none), "cranelift, opt-level none"),
    (
      EngineSettings(backend: .cranelift, optimization: .speedAndSize, cpu: .baseline),
      "cranelift, opt-level speed-and-size, cpu baseline"
    ),
    (
      EngineSettings(
        backend: .cranelift, optimization: .none, cpu: CPUTarget("native,-avx") ?? .native, features: .all,
        configuration: (try? EngineConfiguration(["threads=n", "fuel", "memory-reservation=0"])) ?? .init()),
      "cranelift, opt-level none, cpu native,-avx, memory-reservation 0, fuel, threads false, features all"
    ),
  ])
  func aWishNamesWhatDiffersFromTheDefaults(_ settings: EngineSettings, _ description: String) {
    #expect(settings.wish.description == description)
  }

  // MARK: Names

  @Test(arguments: [
    ("cranelift-50-be0ec653e8be6017", "cranelift", "50", "be0ec653e8be6017"),
    ("wasmer-llvm-4.3.0-0123456789abcdef", "wasmer-llvm", "4.3.0", "0123456789abcdef"),
    ("a-b-c-1_0+x-ffffffffffffffff", "a-b-c", "1_0+x", "ffffffffffffffff"),
  ])
  func directoryNamesAreReadFromTheirEnd(_ text: String, _ backend: String, _ version: String, _ identity: String)
    throws
  {
    let name = try #require(EngineDirectoryName(text))
    #expect(name.backend == backend && name.version == version && name.shortIdentity == identity)
    #expect(name.text == text)
  }

  @Test(arguments: [
    "", "cranelift", "cranelift-50", "cranelift-50-be0ec653e8be601", "cranelift-50-be0ec653e8be6017x",
    "cranelift-50-BE0EC653E8BE6017", "-50-be0ec653e8be6017", "cranelift--be0ec653e8be6017",
  ])
  func otherNamesAreNone(_ text: String) { #expect(EngineDirectoryName(text) == nil) }

  @Test func aVersionHasNoDash() {
    let name = EngineDirectoryName(backend: "a-b", version: "1.0-rc 1", shortIdentity: "0123456789abcdef")
    #expect(name.text == "a-b-1.0_rc_1-0123456789abcdef")
    #expect(EngineDirectoryName(name.text) == name)
  }

  // MARK: Formats

  @Test func anIdentityAcceptsItsOwnRecordOnly() {
    let fake = ArtifactFormat(name: "fake", suffix: ".fake", magic: [1, 2])
    let identity = ArtifactIdentity(
      format: fake, wish: CompileWish(backend: Backend(rawValue: "x")), version: "1", target: "t", record: [], build: []
    )
    #expect([1, 2, 3].withUnsafeBytes(identity.accepts) == false, "integers of eight bytes")
    #expect(([1, 2, 3] as [UInt8]).withUnsafeBytes(identity.accepts))
    #expect(!([1] as [UInt8]).withUnsafeBytes(identity.accepts))
    #expect(!([0x7f, 0x45, 0x4c, 0x46] as [UInt8]).withUnsafeBytes(self.identity().accepts), "no record")
  }
}
