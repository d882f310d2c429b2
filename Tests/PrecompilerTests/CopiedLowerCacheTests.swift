import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// Lower caches that were copied by something that does not keep links.
struct CopiedLowerCacheTests {
  private let stage: StagedRun
  private let toolchain = FakeToolchain("one")
  private let modules: [WasmHash]
  private let names = ["a", "b", "c"]

  init() throws {
    let stage = try StagedRun()
    self.stage = stage
    modules = try names.map { try stage.write($0) }
  }

  /// Makes a cache of all modules, and takes its links away.
  ///
  /// - Parameter leavingFiles: whether a file takes each link's place, as `cp -L` does it; `rsync -r` leaves nothing.
  private func make(_ name: String, losingLinks: Bool = true, leavingFiles: Bool = false) throws {
    var request = stage.request(names)
    request.caches.path = stage.directory(name)
    let summary = try stage.run(request, toolchain)
    try #require(summary.compiled == names.count)
    if !losingLinks { return }
    for module in modules {
      let entry = try #require(summary.targets[0].entryPath(module))
      _ = try Tool.shell(
        "rm \"$1\"; if [ \"$2\" = true ]; then echo artifact > \"$1\"; fi", [entry.string, "\(leavingFiles)"])
    }
  }

  private func run(above lower: [String], purpose: RunPurpose = .compile) throws -> (RunSummary, said: [String]) {
    var request = stage.request(names)
    request.caches.lower = lower.map { stage.directory($0) }
    request.purpose = purpose
    let observer = RecordingObserver()
    let summary = try stage.run(request, toolchain, observer: observer)
    return (summary, observer.said.filter { $0.hasPrefix("lower cache ") })
  }

  @Test(arguments: [false, true], [RunPurpose.compile, .dryRun])
  func isToldOnce(leavingFiles: Bool, purpose: RunPurpose) throws {
    for name in ["lower", "lowest"] { try make(name, leavingFiles: leavingFiles) }
    let (summary, said) = try run(above: ["lower", "lowest"], purpose: purpose)
    #expect(summary.plan.jobs.count == names.count)
    #expect(
      said == ["lower cache lower: was copied without its links", "lower cache lowest: was copied without its links"])
  }

  @Test func hidesNothingInTheNextCache() throws {
    try make("lower")
    try make("lowest", losingLinks: false)
    let (summary, said) = try run(above: ["lower", "lowest"])
    #expect(summary.compiled == 0 && summary.plan.fromLowerCaches == names.count)
    #expect(said == ["lower cache lower: was copied without its links"])
  }
}
