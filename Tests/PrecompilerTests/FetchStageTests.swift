import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// What lower caches give, and what is told of those that give nothing.
struct FetchStageTests {
  private let directory: TemporaryDirectory
  private let toolchain = FakeToolchain("fake")
  private let modules = (1...3).map { WasmBinary.returning($0) }

  init() throws {
    directory = try TemporaryDirectory()
    for (number, module) in modules.enumerated() { try directory.write(module, to: "in/\(number).wasm") }
  }

  /// A cache with an artifact of every module.
  private func fill(_ name: String) throws {
    let run = try run(into: name)
    #expect(run.summary.compiled == modules.count)
  }

  private func run(
    into cache: String, over lower: [String] = [], purpose: RunPurpose = .compile
  ) throws -> (summary: RunSummary, said: [String]) {
    var places = CachePlaces(directory(cache))
    places.lower = lower.map { directory($0) }
    var request = PrecompileRequest(RunInput([directory("in")]), caches: places, work: WorkPolicy(lanes: 2))
    request.purpose = purpose
    let observer = RecordingObserver()
    let summary = try Precompiler(
      request, with: [toolchain], observer: observer, cancellation: Cancellation()
    ).run()
    return (summary, observer.said.filter { $0.hasPrefix("lower cache ") })
  }

  /// Removes the entries, as `rsync -r` leaves them out, or puts files in their places, as `cp -L` does.
  private func loseLinks(of cache: String, leavingFiles: Bool) throws {
    let engine = EngineDirectory(toolchain.identity(), in: try CacheDirectory(making: directory(cache)))
    for module in modules {
      let entry = engine.entryPath(.generate(module))
      try Descriptor.open(directory.path, 0).remove(entry)
      if leavingFiles {
        try directory.write("artifact", to: String(entry.string.dropFirst(directory.path.string.utf8.count + 1)))
      }
    }
  }

  @Test func whatLowerCachesHaveIsNotCompiled() throws {
    try fill("lower")
    let run = try run(into: "own", over: ["lower"])
    #expect(run.summary.compiled == 0)
    #expect(run.summary.plan.fromLowerCaches == modules.count)
    #expect(run.said.isEmpty)
  }

  @Test(arguments: [false, true], [RunPurpose.compile, .dryRun])
  func aCopyWithoutLinksIsToldOnce(leavesFiles: Bool, purpose: RunPurpose) throws {
    for name in ["lower", "lowest"] {
      try fill(name)
      try loseLinks(of: name, leavingFiles: leavesFiles)
    }
    let run = try run(into: "own", over: ["lower", "lowest"], purpose: purpose)
    #expect(run.summary.plan.jobs.count == modules.count)
    #expect(
      run.said == [
        "lower cache lower: was copied without its links", "lower cache lowest: was copied without its links",
      ])
  }

  @Test func aCopyWithoutLinksHidesNothingInTheNextCache() throws {
    for name in ["lower", "lowest"] { try fill(name) }
    try loseLinks(of: "lower", leavingFiles: false)
    let run = try run(into: "own", over: ["lower", "lowest"])
    #expect(run.summary.compiled == 0)
    #expect(run.said == ["lower cache lower: was copied without its links"])
  }
}
