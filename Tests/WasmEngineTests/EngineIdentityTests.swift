import TestSupport
import Testing

@testable import WasmEngine

struct EngineIdentityTests {
  private static let record: [UInt8] = [0, 2] + Array("50".utf8) + [3] + Array("x86".utf8)

  private func identity(
    _ settings: EngineSettings = EngineSettings(backend: .cranelift), record: [UInt8] = record, build: [UInt8] = [1, 2]
  ) -> EngineIdentity {
    EngineIdentity(settings: settings, compatibility: CompatibilityRecord(bytes: record), libraryBuild: build)
  }

  /// Fixed, because another digest would make every cache forget everything. Made with
  /// `printf 'backend 9\ncraneliftrecord 8\n\0\00250\003x86build 2\n\001\002' | sha256sum`.
  @Test func digestStaysTheSame() {
    #expect(identity().digest.hex == "b82b023798572ef33a7805c27de7c591d750361f73e26a84cd0499680aae6c34")
    #expect(identity().shortDigest == "b82b023798572ef3")
    #expect(identity().directoryName == "cranelift-50-b82b023798572ef3")
  }

  @Test func everyPartCounts() {
    let all = [
      identity(), identity(EngineSettings(backend: .winch)), identity(EngineSettings(backend: .pulley)),
      identity(record: Self.record + [0]), identity(record: []), identity(build: [1, 3]), identity(build: []),
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
  @Test func patchReleasesAreToldApartByTheirBuild() throws {
    let record = try EngineArtifact.record(of: "50.0.1")
    let one = EngineIdentity(settings: EngineSettings(backend: .winch), compatibility: record, libraryBuild: [1])
    let other = EngineIdentity(settings: EngineSettings(backend: .winch), compatibility: record, libraryBuild: [2])
    #expect(one.directoryName != other.directoryName)
    #expect(one.directoryName.hasPrefix("winch-50-"))
  }
}
