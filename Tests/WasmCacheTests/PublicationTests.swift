import Foundation
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

struct PublicationTests {
  let fixture: CacheFixture
  private let artifact = Array("an artifact".utf8)
  private let module = WasmHash.generate(WasmBinary.empty)

  init() throws { fixture = try CacheFixture() }

  // MARK: What is on disk

  @Test func entryLeadsToTheBytesUnderTheirDigest() throws {
    try fixture.writer().publish(artifact, for: module)
    let object = fixture.object(artifact)
    #expect(try [UInt8](contentsOf: object) == artifact)
    let status = try Descriptor.status(of: object)
    #expect(status.permissions == 0o444 && status.links == 1)

    let reader = fixture.reader()
    let entry = reader.entryPath(module)
    #expect(entry == fixture.path.appending("v1/engines/\(reader.identity.directoryName)/\(module).cwasm"))
    #expect(try [UInt8](contentsOf: entry) == artifact)
    let folder = try Descriptor.open(reader.path, O_RDONLY)
    let digest = WasmHash.generate(artifact).encode()
    #expect(
      try folder.symbolicLinkTarget("\(module).cwasm")
        == Array("../../objects/\(digest.prefix(2))/\(digest.dropFirst(2))".utf8))
    #expect(reader.lookUp(module) == .present(size: artifact.count))
  }

  @Test func nothingIsLeftInTheStagingDirectory() throws {
    do {
      let writer = try fixture.writer()
      try writer.publish(artifact, for: module)
      let staging = try #require(try fixture.names("tmp").first)
      #expect(try fixture.names("tmp/\(staging)").isEmpty)
      try writer.synchronize()
    }
    #expect(try fixture.names("tmp").isEmpty, "not even the writer's directory, once it is gone")
  }

  @Test func theDirectorySaysWhatItIsFor() throws {
    let identity = CacheFixture.identity(.cranelift, optimization: .none, build: 0xab)
    try fixture.writer(identity).publish(artifact, for: module)
    let file = fixture.reader(identity).path.appending("engine.json")
    #expect(try Descriptor.status(of: file).permissions == 0o644)
    let data = Data(try [UInt8](contentsOf: file))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["options"] as? [[String: String]] == [["name": "opt-level", "value": "none"]])
    #expect(
      object.filter { $0.key != "options" } as? [String: String] == [
        "format": "wasmtime", "suffix": ".cwasm", "backend": "cranelift", "version": "50", "target": "x86",
        "build": "ab", "record": "00023530" + "03783836", "features": "least", "identity": identity.digest.hex,
      ])
    #expect(fixture.cache.relatives(of: identity, named: "other").otherBuilds == [identity.directoryName])
    #expect(fixture.cache.relatives(of: identity, named: identity.directoryName).otherBuilds == [])
  }

  @Test(arguments: ["", "{", "{}\n", "other"]) func aDescriptionThatIsNotRightIsReplaced(_ contents: String) throws {
    try fixture.writer().publish(artifact, for: module)
    let file = fixture.reader().path.appending("engine.json")
    let right = try [UInt8](contentsOf: file)
    let wrong = contents == "other" ? Array(EngineDescription(CacheFixture.identity(.winch)).json.utf8) : nil
    try (wrong ?? Array(contents.utf8)).write(to: file)
    try fixture.writer().publish(artifact, for: module)
    #expect(try [UInt8](contentsOf: file) == right)
    #expect(try Descriptor.status(of: file).permissions == 0o644)
  }

  @Test func aDescriptionThatIsRightIsLeft() throws {
    try fixture.writer().publish(artifact, for: module)
    let file = fixture.reader().path.appending("engine.json")
    // A later release may say more.
    let text = String(decoding: try [UInt8](contentsOf: file), as: UTF8.self)
    let more = Array(text.replacing("{\n  \"backend\"", with: "{\n  \"a\" : 1,\n  \"backend\"").utf8)
    try more.write(to: file)
    try fixture.writer().publish(artifact, for: module)
    #expect(try [UInt8](contentsOf: file) == more)
  }

  /// As a lane does it whose modules are compiled faster than the disk syncs.
  @Test func artifactsAreWrittenBeforeTheFirstIsPublished() throws {
    let writer = try fixture.writer()
    let reader = fixture.reader()
    let artifacts = (0..<20).map { [UInt8](repeating: UInt8($0), count: 1000 * $0) }
    let modules = (0..<20).map { WasmHash.generate([UInt8($0)]) }
    do {
      let written = try zip(modules, artifacts).map { module, artifact in
        try artifact.withUnsafeBytes { try writer.write($0, for: module) }
      }
      #expect(written.map(\.size) == artifacts.map(\.count))
      #expect(modules.allSatisfy { reader.lookUp($0) == .absent(.newModule) })
      for (module, artifact) in zip(modules, written).dropLast() { try writer.publish(artifact, for: module) }
    }
    for (module, artifact) in zip(modules, artifacts).dropLast() {
      #expect(try [UInt8](contentsOf: reader.entryPath(module)) == artifact)
    }
    #expect(reader.lookUp(modules[19]) == .absent(.newModule))
    let staging = try #require(try fixture.names("tmp").first)
    #expect(try fixture.names("tmp/\(staging)").isEmpty, "what was not published vanished with its owner")
  }

  // MARK: Several at once

  private func publications(_ count: Int, by writer: EngineWriter) throws -> [(module: WasmHash, Publication)] {
    try (0..<count).map { number in
      let module = WasmHash.generate([UInt8(number)])
      let written = try [UInt8](repeating: UInt8(number), count: 1 + 1000 * number).withUnsafeBytes { bytes in
        try writer.write(bytes, for: module)
      }
      return (module, writer.publication(written, for: module))
    }
  }

  /// As many as are made durable together, more than get their names together, and few.
  @Test(arguments: [1, 7, 100]) func artifactsArePublishedTogether(_ count: Int) throws {
    let writers = [try fixture.writer(), try fixture.writer()]
    let all = try publications(count, by: writers[0])
    var told: [Int] = []
    writers[0].publish(all.map(\.1)) { index, error in
      #expect(error == nil)
      told.append(index)
    }
    #expect(told == Array(0..<count))
    let reader = fixture.reader()
    for (number, (module, _)) in all.enumerated() {
      #expect(
        try [UInt8](contentsOf: reader.entryPath(module)) == [UInt8](repeating: UInt8(number), count: 1 + 1000 * number)
      )
    }
    #expect(try fixture.objects().count == count)
    for staging in try fixture.names("tmp") { #expect(try fixture.names("tmp/\(staging)").isEmpty) }
    try writers[0].synchronize()
  }

  @Test func oneThatCannotBePublishedCostsTheOthersNothing() throws {
    let writer = try fixture.writer()
    let reader = fixture.reader()
    let all = try publications(40, by: writer)
    let entry = "cache/v1/engines/\(reader.identity.directoryName)/\(all[3].module).cwasm"
    try fixture.directory.makeDirectory(entry)
    let digest = WasmHash.generate([UInt8](repeating: 35, count: 35_001)).encode()
    let place = fixture.path.appending("v1/objects").appending(String(digest.prefix(2)))
    try fixture.directory.write("", to: "cache/v1/objects/\(digest.prefix(2))")
    var failures: [Int: CacheError] = [:]
    writer.publish(all.map(\.1)) { index, error in failures[index] = error }
    #expect(failures[3] == .io(reader.entryPath(all[3].module), operation: "publish", .isDirectory))
    #expect(failures[35] == .notADirectory(place))
    // Another artifact may belong into the directory that cannot be made.
    let others = failures.filter { $0.key != 3 }
    #expect(others.values.allSatisfy { $0 == .notADirectory(place) })
    for (number, (module, _)) in all.enumerated() where failures[number] == nil {
      #expect(reader.lookUp(module) == .present(size: 1 + 1000 * number))
    }
    #expect(failures.count < 10)
  }

  @Test func directoryOfObjectsThatWasRemovedIsMadeAgain() throws {
    let writer = try fixture.writer()
    for _ in 1...2 {
      let all = try publications(1, by: writer)
      writer.publish(all.map(\.1)) { _, error in #expect(error == nil) }
      #expect(fixture.reader().lookUp(all[0].module) == .present(size: 1))
      let objects = fixture.path.appending("v1/objects").string
      for name in try FileManager.default.contentsOfDirectory(atPath: objects) {
        try FileManager.default.removeItem(atPath: "\(objects)/\(name)")
      }
    }
  }

  @Test func oneArtifactOfTwoModulesIsStoredOnce() throws {
    let writer = try fixture.writer()
    let other = WasmHash.generate([1])
    try writer.publish(artifact, for: module)
    try writer.publish(artifact, for: other)
    #expect(try fixture.objects().count == 1)
    #expect(fixture.reader().lookUp(module) == fixture.reader().lookUp(other))
  }

  @Test func corruptObjectIsReplacedAndNotRewritten() throws {
    let writer = try fixture.writer()
    try writer.publish(artifact, for: module)
    let rotten = Array("an artifacT".utf8)
    try fixture.corrupt(fixture.object(artifact), with: rotten)
    let open = try FileDescriptor.open(fixture.object(artifact), .readOnly)
    try writer.publish(artifact, for: module)
    #expect(try [UInt8](contentsOf: fixture.object(artifact)) == artifact)
    try open.closeAfter {
      var bytes = [UInt8](repeating: 0, count: rotten.count)
      let count = try bytes.withUnsafeMutableBytes { try open.read(into: $0) }
      #expect(count == rotten.count)
      #expect(bytes == rotten, "whoever has the old one open keeps it whole")
    }
  }

  @Test func newArtifactTakesTheEntryOver() throws {
    let writer = try fixture.writer()
    try writer.publish(artifact, for: module)
    try writer.publish(Array("another".utf8), for: module)
    #expect(try [UInt8](contentsOf: fixture.reader().entryPath(module)) == Array("another".utf8))
    #expect(try [UInt8](contentsOf: fixture.object(artifact)) == artifact)
  }

  @Test func failureNamesThePlaceAndLeavesNothing() throws {
    let writer = try fixture.writer()
    let digest = WasmHash.generate(artifact).encode()
    let place = fixture.path.appending("v1/objects").appending(String(digest.prefix(2)))
    // A file where the object's directory should be.
    try fixture.directory.write("", to: "cache/v1/objects/\(digest.prefix(2))")
    let error = #expect(throws: CacheError.self) { try writer.publish(artifact, for: module) }
    #expect(error == .notADirectory(place))
    let staging = try #require(try fixture.names("tmp").first)
    #expect(try fixture.names("tmp/\(staging)").isEmpty)
    #expect(fixture.reader().lookUp(module) == .absent(.newModule))
  }

  @Test func entryThatCannotBeMadeIsAnError() throws {
    let writer = try fixture.writer()
    let reader = fixture.reader()
    let entry = "cache/v1/engines/\(reader.identity.directoryName)/\(module).cwasm"
    try fixture.directory.makeDirectory(entry)
    #expect(throws: CacheError.io(reader.entryPath(module), operation: "publish", .isDirectory)) {
      try writer.publish(artifact, for: module)
    }
    let staging = try #require(try fixture.names("tmp").first)
    #expect(try fixture.names("tmp/\(staging)").isEmpty)
  }

  @Test func aLinkIsMadeOnlyToAnObjectThatIsThere() throws {
    try fixture.writer().publish(artifact, for: module)
    let publisher = try Publisher(fixture.cache)
    let engine = try Descriptor.open(fixture.reader().path, O_RDONLY | O_DIRECTORY)
    let digest = ArtifactDigest(WasmHash.generate(artifact).digest)
    func link(_ name: String) throws -> Bool {
      try publisher.publishLink(to: digest, entry: name, in: engine, path: fixture.reader().path.appending(name))
    }
    #expect(try link("another.cwasm"))
    #expect(try engine.symbolicLinkTarget("another.cwasm") == Array(CacheLayout.entryTarget(digest).utf8))
    try fixture.remove(fixture.object(artifact))
    #expect(try !link("third.cwasm"))
    #expect((try? engine.status(of: "third.cwasm")) == nil)
  }

  // MARK: Writers that died

  @Test func nextPublisherRemovesWhatDeadWritersLeft() throws {
    for name in ["cache/v1/tmp/dead", "cache/v1/tmp/empty"] { try fixture.directory.makeDirectory(name) }
    try fixture.directory.write("half an arti", to: "cache/v1/tmp/dead/1")
    try fixture.directory.link("cache/v1/tmp/dead/2", to: "../../objects/ab/cd")
    try fixture.directory.write("stray", to: "cache/v1/tmp/stray")
    // Links are removed, not followed.
    try fixture.directory.makeDirectory("elsewhere")
    try fixture.directory.write("kept", to: "elsewhere/file")
    try fixture.directory.link("cache/v1/tmp/link", to: fixture.directory("elsewhere"))
    let publisher = try Publisher(fixture.cache)
    #expect(try fixture.names("tmp").count == 1, "only its own")
    #expect(try [UInt8](contentsOf: fixture.directory("elsewhere/file")) == Array("kept".utf8))
    withExtendedLifetime(publisher) {}
  }

  @Test func nextPublisherSparesLiveWriters() throws {
    try fixture.directory.makeDirectory("cache/v1/tmp/alive")
    try fixture.directory.write("half an arti", to: "cache/v1/tmp/alive/1")
    do {
      let alive = try Descriptor.open(fixture.directory("cache/v1/tmp/alive"), O_RDONLY | O_DIRECTORY)
      #expect(try alive.tryLock())
      _ = try Publisher(fixture.cache)
      #expect(try fixture.names("tmp") == ["alive"])
      #expect(try fixture.names("tmp/alive") == ["1"])
      withExtendedLifetime(alive.raw) {}
    }
    _ = try Publisher(fixture.cache)
    #expect(try fixture.names("tmp").isEmpty)
  }

  @Test func writersOfOneProcessSpareEachOther() throws {
    let first = try fixture.writer()
    let second = try fixture.writer()
    try first.publish(artifact, for: module)
    try second.publish(Array("another".utf8), for: WasmHash.generate([1]))
    try first.publish(Array("a third".utf8), for: WasmHash.generate([2]))
    #expect(try fixture.objects().count == 3)
  }

  // MARK: Claims

  @Test func claimExcludesOtherWritersUntilItGoes() throws {
    let first = try fixture.writer()
    let second = try fixture.writer()
    do {
      guard let claim = try first.tryClaim(module) else {
        Issue.record("a module that nobody compiles cannot be claimed")
        return
      }
      #expect(try !claims(module, second))
      #expect(try claims(WasmHash.generate([1]), second), "other modules are free")
      #expect(try claims(module, fixture.writer(CacheFixture.identity(.winch))), "and the same one for another engine")
      _ = consume claim
    }
    #expect(try claims(module, second))
    #expect(try claims(module, first), "a claim that went was given back")
  }

  /// Another user can lock what he can read.
  @Test func locksThatOthersHoldForEverStopNobody() throws {
    try fixture.writer().publish(artifact, for: module)
    let engine = try Descriptor.open(fixture.reader().path, O_RDONLY | O_DIRECTORY)
    let objects = try Descriptor.open(fixture.path.appending("v1/objects"), O_RDONLY | O_DIRECTORY)
    #expect(try engine.tryLock() && objects.tryLock())
    let publisher = try Publisher(fixture.cache, unless: { true })
    let writer = try fixture.writer(CacheFixture.identity(), publisher)
    try writer.publish(Array("another".utf8), for: module)
    let isKnown = fixture.cache.isLockStuck.load(ordering: .relaxed)
    #expect(isKnown, "so that nobody waits a second time")
    #expect(fixture.reader().lookUp(module) == .present(size: 7))
  }

  /// As between processes: what has the lock is the open file, whoever opened it.
  @Test func claimEndsWithItsProcess() throws {
    let writer = try fixture.writer()
    do {
      let other = try Descriptor.open(fixture.reader().path.appending("lock"), O_RDWR)
      #expect(try other.tryLockByte(module.lockOffset))
      #expect(try !claims(module, writer))
    }
    #expect(try claims(module, writer))
  }

  private func claims(_ module: WasmHash, _ writer: EngineWriter) throws -> Bool {
    let claim = try writer.tryClaim(module)
    return claim != nil
  }

  // MARK: Many at once

  @Test func manyThreadsPublishTheSameAndDifferentModules() throws {
    let publisher = try Publisher(fixture.cache)
    let writers = try Backend.libwasmtime.map { try fixture.writer(CacheFixture.identity($0), publisher) }
    let readers = Backend.libwasmtime.map { fixture.reader(CacheFixture.identity($0)) }
    let failures = Mutex<[String]>([])
    Concurrently.run(8) { thread in
      for round in 0..<5 {
        let engine = round % writers.count
        for (module, artifact) in [
          ([UInt8(round)], Array(repeating: UInt8(round), count: 1000)),
          ([UInt8(round), UInt8(thread)], Array(repeating: UInt8(thread), count: 10 * round + 1)),
        ] {
          let hash = WasmHash.generate(module)
          do {
            try writers[engine].publish(artifact, for: hash)
            // From the moment it is published, the entry never fails to lead to whole bytes.
            let read = try [UInt8](contentsOf: readers[engine].entryPath(hash))
            if read != artifact { failures.withLock { $0.append("torn: \(module)") } }
          } catch {
            failures.withLock { $0.append("\(module): \(error)") }
          }
        }
      }
    }
    #expect(failures.withLock { $0 } == [])
    try publisher.synchronize()
    for (name, bytes) in try fixture.objects() { #expect(WasmHash.generate(bytes).encode() == name) }
    var entries = 0
    try fixture.cache.verify(repair: false) { entry in
      entries += 1
      // Only an object whose bytes prove right is asked for its record.
      #expect(entry.fault == .noArtifact)
    }
    #expect(entries == 5 + 5 * 8)
  }
}
