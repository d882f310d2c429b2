internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import WasmtimeToolchain

/// Compiles modules of the cache once more, and compares what comes out with what is there.
///
/// An engine makes the same bytes of a module each time. A digest proves that an artifact is what was stored; this, that it is
/// what the engine makes: a compiler that a module took over could have made something else.
struct Reproduction {
  let cache: CacheDirectory
  let choice: CompilerChoice
  let limits: ModuleLimits
  let sample: SampleSize
  let repairs: Bool

  /// One engine that can be asked, and one thing that it can be asked for.
  private struct Maker {
    let toolchain: WasmtimeToolchain
    let identities: [ArtifactIdentity]
    let wish: Int
  }

  /// - Parameters:
  ///   - entries: the paths of those whose artifacts' digests are right.
  ///   - report: told of each that does not come out the same.
  func run(
    _ entries: [FilePath], _ cancellation: Cancellation, report: (FilePath, ReproductionResult) -> Void
  ) throws -> ReproductionTally {
    let makers = try makers(cancellation)
    defer { for maker in makers.values { maker.toolchain.finish() } }
    func maker(_ path: FilePath) -> Maker? {
      path.removingLastComponent().lastComponent.flatMap { makers[$0.string] }
    }
    let candidates = entries.filter { maker($0) != nil }.shuffled()
    var tally = ReproductionTally(others: entries.count - candidates.count)
    let wanted = sample.count(of: candidates.count)
    let sightings = Dictionary(
      (Catalog.open(in: cache.base, .readOnly).catalog?.sightings() ?? []).map { ($0.module, $0.path) }
    ) { first, _ in first }
    for path in candidates {
      if tally.asked == wanted || cancellation.isCancelled { break }
      guard let entry = cache.entry(at: path), let maker = maker(path) else { continue }
      guard let module = sightings[entry.module].flatMap({ load($0, entry.module) }) else {
        tally.notFound += 1
        continue
      }
      let result = compile(module, with: maker, against: path, entry.digest)
      guard let result, !cancellation.isCancelled else { continue }
      tally.add(result)
      report(path, result)
    }
    return tally
  }

  /// The engines by the names of their directories in the cache.
  private func makers(_ cancellation: Cancellation) throws -> [String: Maker] {
    var makers: [String: Maker] = [:]
    // Programs need not make the same bytes twice: wasm2c's C compiler does not.
    for case let toolchain as WasmtimeToolchain in try choice.findToolchains(cancellation) {
      let resolution = try toolchain.resolve(lanes: 1)
      var identities: [ArtifactIdentity] = []
      for (wish, result) in zip(toolchain.wishes, resolution.identities) {
        do { identities.append(try result.get()) } catch {
          throw PrecompileError.backendUnavailable(wish, toolchain.location, error)
        }
      }
      for (wish, identity) in identities.enumerated() {
        makers[identity.directoryName] = Maker(toolchain: toolchain, identities: identities, wish: wish)
      }
    }
    return makers
  }

  /// The module, if it is still where a run saw it.
  private func load(_ path: FilePath, _ wanted: WasmHash) -> LoadedModule? {
    guard let module = try? ModuleReader(limit: limits.largestModule).load(path), module.facts.hash == wanted else {
      return nil
    }
    return module
  }

  private func compile(
    _ module: LoadedModule, with maker: Maker, against path: FilePath, _ digest: ArtifactDigest
  ) -> ReproductionResult? {
    do throws(ModuleFailure) {
      // A child of its own: what another module did to a compiler must not come out twice.
      let artifact = try LoneCompilation(with: maker.toolchain, maker.identities, limits: limits)
        .compile(module, for: maker.wish)
      return cache.compare(entryAt: path, for: digest, with: artifact.contents.bytes, repair: repairs)
        .map { .compared($0) }
    } catch {
      return .failed(error)
    }
  }
}

/// What came of compiling an entry's module again.
enum ReproductionResult {
  case compared(CheckedEntry)
  case failed(ModuleFailure)
}

/// The results of a ``Reproduction``, in numbers.
struct ReproductionTally {
  private(set) var alike = 0
  private(set) var different = 0
  private(set) var failed = 0
  /// Entries whose modules are not where runs saw them.
  var notFound = 0
  /// Entries of engines that were not asked.
  let others: Int

  init(others: Int) { self.others = others }

  var asked: Int { alike + different + failed }

  mutating func add(_ result: ReproductionResult) {
    switch result {
    case .compared(let entry): if entry.fault == nil { alike += 1 } else { different += 1 }
    case .failed: failed += 1
    }
  }

  /// `compiled again: 8 alike, 1 different; 2 modules not found, 5 artifacts of other engines or settings`
  var summary: String {
    var parts = ["\(alike) alike"]
    if different > 0 { parts.append("\(different) different") }
    if failed > 0 { parts.append("\(failed) failed") }
    var passedOver: [String] = []
    if notFound > 0 { passedOver.append("\(Quantities.count(notFound, "module")) not found") }
    if others > 0 { passedOver.append("\(Quantities.count(others, "artifact")) of other engines or settings") }
    return "compiled again: " + parts.joined(separator: ", ")
      + (passedOver.isEmpty ? "" : "; " + passedOver.joined(separator: ", "))
  }

  var json: JSON {
    [
      "alike": JSON(alike), "different": JSON(different), "failed": JSON(failed), "not_found": JSON(notFound),
      "others": JSON(others),
    ]
  }
}
