import LinuxIO
import PrecompilerTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler

/// Which stores are asked for what, and what is made of their answers.
struct FetchStageTests {
  private let files: ScannedFiles
  private let contents: [ModuleContent]
  private let targets: [CompileTarget]

  init() throws {
    files = try ScannedFiles(["a", "b", "c"])
    contents = files.jobs.map(\.content)
    let toolchain = FakeToolchain("one", "two")
    targets = (0..<2).map {
      CompileTarget(
        toolchain, wish: $0, identity: toolchain.identity($0), order: $0, caches: OpenCaches(own: nil))
    }
  }

  /// A store of what a test puts into it, by `module target`.
  private final class FakeStore: ArtifactStore {
    private let results: [String: FetchResult]
    private let requests = Mutex<[[String]]>([])
    private let names: [WasmHash: String]

    init(_ contents: [ModuleContent], _ results: [String: FetchResult]) {
      self.results = results
      names = Dictionary(uniqueKeysWithValues: contents.map { ($0.facts.hash, $0.path.lastComponent?.string ?? "") })
    }

    /// What it was asked for, each time.
    var asked: [[String]] { requests.withLock { $0 } }

    func fetch(_ keys: [ArtifactKey]) -> [FetchResult] {
      let keys = keys.map { "\(names[$0.module] ?? "") \($0.target.name)" }
      requests.withLock { $0.append(keys) }
      return keys.map { results[$0] ?? .missing() }
    }
  }

  private func store(_ results: [String: FetchResult]) -> FakeStore { FakeStore(contents, results) }

  /// - Parameter present: positions of the modules that the run's own cache has, for each target.
  private func lookups(_ present: [Set<Int>] = [[], []]) -> [TargetLookups] {
    present.map { present in
      TargetLookups(
        contents.indices.map { present.contains($0) ? .present(size: 1) : .absent(.newModule) }, fingerprint: nil)
    }
  }

  private func run(_ stores: [FakeStore], _ lookups: inout [TargetLookups]) -> [String] {
    FetchStage(contents: contents, targets: targets, stores: stores).run(&lookups)
      .filter(\.isNew).map { "\($0.store) \($0.content.path.lastComponent?.string ?? ""): \($0.what)" }
  }

  private func expectNoTrouble(_ stores: [FakeStore], _ lookups: inout [TargetLookups]) {
    let troubles = run(stores, &lookups)
    #expect(troubles.isEmpty)
  }

  @Test func onlyWhatIsMissingIsAskedForAtOnce() throws {
    let store = store(["b one": .found(size: 5)])
    var lookups = lookups([[0], [0, 2]])
    expectNoTrouble([store], &lookups)
    #expect(store.asked == [["b one", "c one", "b two"]])
    #expect(lookups.map(\.missing) == [[2], [1]])
    #expect(lookups.map(\.fetched) == [[1], []])
    #expect(lookups.map(\.fromLowerCaches) == [1, 0])
    #expect(lookups[0][1] == nil && lookups[0][2] == .newModule)
  }

  @Test func theFirstThatHasItWins() throws {
    let stores = [
      store(["a one": .found(size: 1), "b one": .found(size: 2)]),
      store(["a one": .found(size: 3), "c one": .found(size: 4), "a two": .found(size: 5)]),
      store([:]),
    ]
    var lookups = lookups()
    expectNoTrouble(stores, &lookups)
    #expect(stores[0].asked == [["a one", "b one", "c one", "a two", "b two", "c two"]])
    #expect(stores[1].asked == [["c one", "a two", "b two", "c two"]])
    #expect(stores[2].asked == [["b two", "c two"]])
    #expect(lookups.map(\.fetched) == [[0, 1, 2], [0]])
  }

  @Test func nobodyIsAskedForNothing() throws {
    let stores = [store([:]), store([:])]
    var all = lookups([[0, 1, 2], [0, 1, 2]])
    expectNoTrouble(stores, &all)
    #expect(stores.map(\.asked.count) == [0, 0])
    var known = [TargetLookups(allPresentFromLowerCaches: 2), TargetLookups(allPresentFromLowerCaches: 0)]
    expectNoTrouble(stores, &known)
    #expect(stores.map(\.asked.count) == [0, 0])
    #expect(known.map(\.fromLowerCaches) == [2, 0])
    let first = store(["a one": .found(size: 1)])
    var one = lookups([[1, 2], [0, 1, 2]])
    expectNoTrouble([first, stores[1]], &one)
    #expect(stores[1].asked.isEmpty, "the first had everything")
  }

  @Test func troubleIsToldAndTheNextIsAsked() throws {
    let stores = [
      store(["a one": .trouble(.corrupt), "b one": .trouble(.corrupt)]),
      store(["a one": .found(size: 1), "b one": .trouble(.corrupt)]),
    ]
    var lookups = lookups([[2], [0, 1, 2]])
    let troubles = run(stores, &lookups)
    #expect(troubles == ["0 a: corrupt", "0 b: corrupt", "1 b: corrupt"])
    #expect(stores[1].asked == [["a one", "b one"]])
    #expect(lookups[0].fetched == [0] && lookups[0].missing == [1])
    #expect(lookups[0][1] == .artifactCorrupt)
  }

  @Test func aStoresOwnTroubleIsNewOnce() throws {
    let unusable = FetchResult.trouble(.unusable(.noCache("/there")))
    let stores = [
      store(["a one": unusable, "b one": unusable, "a two": .trouble(.copiedWithoutLinks)]),
      store(["a one": .trouble(.copiedWithoutLinks)]),
    ]
    var lookups = lookups()
    let all = FetchStage(contents: contents, targets: targets, stores: stores).run(&lookups)
    #expect(all.map(\.isNew) == [true, false, false, true])
    #expect(all.map(\.store) == [0, 0, 0, 1], "every module is named, so that it is not taken from there")
  }

  @Test func aReasonIsTakenFromWhereOneIsKnown() throws {
    let stores = [
      store(["a one": .missing(.engineChanged), "b one": .missing()]),
      store(["b one": .missing(.evicted), "a one": .missing(.evicted)]),
    ]
    var lookups = lookups()
    expectNoTrouble(stores, &lookups)
    #expect((0..<3).map { lookups[0][$0] } == [.engineChanged, .evicted, .newModule])
  }
}
