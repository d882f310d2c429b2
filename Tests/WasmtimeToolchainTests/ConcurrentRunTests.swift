import Glibc
import LinuxIO
import PrecompilerTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

/// Runs beside others that compile the same modules.
struct ConcurrentRunTests: WasmtimeRunSuite {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

  @Test func runsAtTheSameTimeCompileEachModuleOnce() throws {
    let names = (0..<6).map { "\($0)" }
    for name in names { try write(name) }
    var request = try request()
    request.request.input.roots = names.map { fixture.directory($0) }
    let summaries = Mutex<[RunSummary]>([])
    Concurrently.run(3) { [request] _ in
      if let summary = try? run(request) { summaries.withLock { $0.append(summary) } }
    }
    let all = summaries.withLock { $0 }
    #expect(all.count == 3)
    #expect(all.map(\.compiled).reduce(0, +) == 6)
    #expect(all.map(\.failed) == [0, 0, 0])
    #expect(all.allSatisfy { $0.compiled + $0.upToDate == 6 })
    try expectNothingLeft()
  }

  /// The claim of another process on module `a`, made as it would make it.
  private final class OtherProcess: Sendable {
    let writer: EngineWriter
    /// One of the engine's: others are not found.
    private let artifact: [UInt8]
    private let claim: Mutex<Claim?>

    /// - Parameter model: a module that the cache has.
    init(_ identity: ArtifactIdentity, _ path: FilePath, model: WasmHash) throws {
      let cache = try CacheDirectory(making: path)
      let directory = EngineDirectory(identity, in: cache)
      artifact = try [UInt8](contentsOf: directory.entryPath(model))
      writer = try EngineWriter(directory, try Publisher(cache))
      claim = Mutex(try writer.tryClaim(Self.module))
    }

    static let module = WasmHash.generate(WasmBinary.returning(97))

    func publish() {
      #expect(throws: Never.self) {
        let result = artifact.withUnsafeBytes { bytes in
          Result { () throws(CacheError) in try writer.publish(bytes, for: Self.module) }
        }
        try result.get()
      }
    }

    func giveUp() { claim.withLock { $0 = nil } }
  }

  /// The module that ``identity()`` compiles.
  private static let model = WasmHash.generate(WasmBinary.returning(120))

  /// A run that found the engine and made the cache.
  private func identity() throws -> ArtifactIdentity {
    try write("x")
    return try #require(try run(try request("x")).targets.first?.identity)
  }

  @Test func moduleThatAnotherProcessCompilesIsLeftToIt() throws {
    try write("a", "b")
    let other = try OtherProcess(try identity(), cachePath, model: Self.model)
    let observer = RecordingObserver(onFinished: { outcome in
      guard outcome.job.name == "b" else { return }
      other.publish()
      other.giveUp()
    })
    let summary = try run(try request("a", "b"), observer)
    #expect(observer.said.filter { $0.hasPrefix("began") } == ["began b"])
    #expect(lines(summary) == ["b: compiled", "a: found meanwhile"])
    #expect(summary.compiled == 1 && summary.upToDate == 1)
  }

  @Test func moduleThatAnotherProcessPublishedMeanwhileIsNotCompiledAgain() throws {
    try write("a", "b")
    let other = try OtherProcess(try identity(), cachePath, model: Self.model)
    let observer = RecordingObserver(onPlanned: {
      other.publish()
      other.giveUp()
    })
    #expect(lines(try run(try request("a", "b"), observer)).sorted() == ["a: found meanwhile", "b: compiled"])
  }

  @Test func moduleThatAnotherProcessGaveUpIsCompiled() throws {
    try write("a", "b")
    let other = try OtherProcess(try identity(), cachePath, model: Self.model)
    let observer = RecordingObserver(onFinished: { outcome in
      if outcome.job.name == "b" { other.giveUp() }
    })
    #expect(lines(try run(try request("a", "b"), observer)) == ["b: compiled", "a: compiled"])
  }
}
