import Foundation
import LinuxIO
import PrecompilerTestSupport
import Scanning
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Commands
@testable import Precompiler
@testable import WasmEngine

struct RunReporterTests {
  let directory: TemporaryDirectory
  private let modules: [ModuleContent]

  /// Three modules, of which the third has two names.
  init() throws {
    let directory = try TemporaryDirectory()
    self.directory = directory
    let names = ["a", "b", "c", "d"]
    for name in names { try directory.write("", to: name) }
    scan = ModuleScanner(.init(jobs: 1)).scan(names.map { directory($0) })
    var distinct = DistinctModules(of: scan, limit: names.count)
    for index in scan.indices {
      let contents = UInt8(min(index, 2))
      distinct.add(
        index, ModuleFacts(hash: .generate([contents]), kind: .coreModule, size: 1000 * (Int(contents) + 1)))
    }
    modules = distinct.contents
  }

  private let scan: ScanResult

  private static let identity = ArtifactIdentity(
    settings: EngineSettings(backend: .cranelift),
    compatibility: CompatibilityRecord(bytes: [0, 2] + Array("50".utf8) + [1, 0x78]), libraryBuild: [1])

  private static let target = CompileTarget(
    FakeToolchain("cranelift"), wish: 0, identity: identity, order: 0, caches: OpenCaches(own: nil))

  private func job(_ index: Int) -> Job { Job(content: modules[index], target: Self.target, reason: .newModule) }

  private func plan(upToDate: Int = 0) -> Plan {
    let lookups = modules.indices.map { $0 < upToDate ? Lookup.present(size: 1) : .absent(.newModule) }
    return Plan(modules, [Self.target], [TargetLookups(lookups, fingerprint: nil)], force: false)
  }

  /// What a reporter writes, with the directory's path shortened.
  private func lines(_ verbosity: Verbosity, _ body: (RunReporter) -> Void) throws -> [String] {
    let file = directory("output")
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
    try descriptor.closeAfter { body(RunReporter(verbosity, output: Output(descriptor: descriptor))) }
    return String(decoding: try [UInt8](contentsOf: file), as: UTF8.self)
      .replacing("\(directory.path)/", with: "").split(separator: "\n").map(String.init)
  }

  private func tellAll(_ reporter: RunReporter) {
    reporter.record(.prepared(RunPreparation(targets: [Self.target], cache: "/cache", lanes: 2)))
    reporter.record(.noted("no catalog"))
    for problem in ModuleScanner(.init(jobs: 1)).scan([directory("missing")]).problems {
      reporter.record(.noticed(problem))
    }
    reporter.record(.rejected(FailedFile(path: "text\n.wasm", failure: .notWebAssembly(.text))))
    reporter.record(.planned(plan(upToDate: 1)))
    reporter.record(.began(job(1)))
    reporter.record(.finished(JobOutcome(job: job(1), result: .compiled(size: 5_432, nanoseconds: 12_345_678))))
    reporter.record(.finished(JobOutcome(job: job(0), result: .foundMeanwhile(size: 1))))
    reporter.record(.finished(JobOutcome(job: job(2), result: .failed(.invalid(message: "bad\u{1b}")))))
    reporter.record(.finished(JobOutcome(job: job(0), result: .notDone)))
  }

  private static let errors = [
    "missing: error: cannot open: no such file or directory, check the spelling",
    "$'text\\n.wasm': error: is WebAssembly text, not binary: convert it with `wat2wasm`",
  ]

  @Test func saysWhatItDoes() throws {
    #expect(
      try lines(Verbosity(), tellAll) == Self.errors + [
        "compiled b with cranelift, 2.00 kB → 5.43 kB, 12.3 ms", "c: error: is not valid: bad\u{fffd}",
        "d: error: is not valid: bad\u{fffd}",
      ])
  }

  @Test func quietSaysOnlyWhatIsWrong() throws {
    #expect(
      try lines(Verbosity(isQuiet: true), tellAll) == Self.errors + [
        "c: error: is not valid: bad\u{fffd}", "d: error: is not valid: bad\u{fffd}",
      ])
  }

  @Test func verboseNamesEverything() throws {
    let identity = Self.identity.shortDigest
    #expect(
      try lines(Verbosity(isVerbose: true), tellAll) == [
        "engine wasmtime 50 (cranelift), identity \(identity), /fake/cranelift", "cache /cache, 2 jobs",
        "note: no catalog",
      ] + Self.errors + [
        "up to date a with cranelift", "d is the same module as c",
        "compiled b with cranelift, 2.00 kB → 5.43 kB, 12.3 ms",
        "up to date a with cranelift (compiled by another process meanwhile)", "c: error: is not valid: bad\u{fffd}",
        "d: error: is not valid: bad\u{fffd}",
      ])
  }

  @Test func explainSaysWhy() throws {
    #expect(
      try lines(Verbosity(explains: true)) { reporter in
        reporter.record(.prepared(RunPreparation(targets: [Self.target], cache: "/c", lanes: 2)))
        reporter.record(.planned(plan(upToDate: 1)))
        reporter.record(.finished(JobOutcome(job: job(1), result: .compiled(size: 5_432, nanoseconds: 12_345_678))))
      } == [
        "up to date a with cranelift", "compiled b with cranelift, 2.00 kB → 5.43 kB, 12.3 ms (new module)",
      ])
  }

  @Test func aCacheThatWasCopiedWithoutLinksIsToldOnce() throws {
    let cache = try CacheDirectory(making: directory("cache"))
    let target = CompileTarget(
      FakeToolchain("cranelift"), wish: 0, identity: Self.identity, order: 0, caches: OpenCaches(own: cache))
    let lookups = modules.indices.map { Lookup.absent($0 == 0 ? .newModule : .linkLost) }
    // For two targets: modules are counted, not artifacts.
    let plan = Plan(
      modules, [target, target], Array(repeating: TargetLookups(lookups, fingerprint: nil), count: 2), force: false)
    #expect(
      try lines(Verbosity()) { $0.record(.planned(plan)) } == [
        "cache: warning: was copied without its links (`cp -a` keeps them): 2 modules have to be compiled again; "
          + "`wasmprecompile cache verify --repair --cache-dir cache` makes the links again instead"
      ])
    #expect(try lines(Verbosity(isQuiet: true)) { $0.record(.planned(plan)) }.isEmpty)
  }

  @Test func lowerCachesAreNamed() throws {
    let preparation = RunPreparation(
      targets: [Self.target], cache: "/cache", lowerCaches: ["/image", "/mount"], lanes: 2)
    let trouble = RunEvent.lowerCacheTrouble(
      "/mount\n", .artifact(module: "a", reason: "its artifact is corrupt", instead: .compiled))
    let said = try lines(Verbosity(isVerbose: true)) { reporter in
      reporter.record(.prepared(preparation))
      reporter.record(trouble)
    }
    #expect(
      said.dropFirst() == [
        "cache /cache, 2 jobs", "lower cache /image", "lower cache /mount",
        "wasmprecompile: warning: lower cache $'/mount\\n': its artifact is corrupt: a is compiled instead",
      ])
    #expect(
      try lines(Verbosity(isQuiet: true)) { for _ in 1...2 { $0.record(trouble) } } == [
        "wasmprecompile: warning: lower cache $'/mount\\n': its artifact is corrupt: a is compiled instead"
      ], "whoever named it counts on it")
  }

  @Test func summaryCountsWhatLowerCachesHave() {
    var lookups = TargetLookups(modules.indices.map { _ in .absent(.newModule) }, fingerprint: nil)
    lookups.fetch(0, size: 1)
    lookups.fetch(2, size: 1)
    #expect(
      summary(Plan(modules, [Self.target], [lookups], force: false)).line
        == "3 modules: 0 compiled, 2 up to date (2 in lower caches) (2.41 s)")
    lookups.fetch(1, size: 1)
    #expect(
      summary(Plan(modules, [Self.target], [lookups], force: false)).line
        == "3 modules: nothing to compile, all up to date (3 in lower caches) (2.41 s)")
  }

  // MARK: Summary

  private func summary(
    _ plan: Plan, _ outcomes: [JobOutcome] = [], notModules: Int = 0, unreadable: Int = 0, targets: Int = 1,
    purpose: RunPurpose = .compile, refused: Int = 0
  ) -> RunSummary {
    RunSummary(
      scannedDirectories: [], plan: plan, outcomes: outcomes,
      targets: Array(repeating: Self.target, count: targets), caches: OpenCaches(own: nil),
      notModules: notModules, unreadable: unreadable, rejected: [], emptyRoots: [], purpose: purpose,
      refusedOfLowerCaches: refused, nanoseconds: 2_410_000_000)
  }

  @Test func summaryCountsEverything() {
    let outcomes = [
      JobOutcome(job: job(0), result: .compiled(size: 4_000, nanoseconds: 1)),
      JobOutcome(job: job(1), result: .failed(.vanished)), JobOutcome(job: job(2), result: .notDone),
    ]
    #expect(
      summary(plan(), outcomes, notModules: 2, unreadable: 1).line
        == "3 modules: 1 compiled, 0 up to date, 1 failed, 2 files are no modules, 1 unreadable, 1 not begun "
        + "(1.00 kB → 4.00 kB in 2.41 s)")
    #expect(
      summary(plan(), [JobOutcome(job: job(0), result: .foundMeanwhile(size: 1))], targets: 2).line
        == "3 modules with 2 targets: 0 compiled, 1 up to date (2.41 s)", "one backend, for two hosts")
    #expect(summary(plan(upToDate: 4)).line == "3 modules: nothing to compile, all up to date (2.41 s)")
    #expect(summary(plan(upToDate: 1), purpose: .dryRun).line == "3 modules: 2 to compile, 1 up to date (2.41 s)")
    #expect(summary(plan(upToDate: 1), purpose: .check).line == "3 modules: 2 to compile, 1 up to date (2.41 s)")
    #expect(summary(plan(upToDate: 1), purpose: .frozen).line == "3 modules: 2 missing, 1 up to date (2.41 s)")
    #expect(
      summary(plan(upToDate: 4), notModules: 1).line
        == "3 modules: 0 compiled, 3 up to date, 1 file is no module (2.41 s)")
  }

  @Test func statusIsThatOfTheWorstThing() {
    let full = CacheError.io("/cache", operation: "write", .noSpace)
    #expect(summary(plan()).exitStatus == .success)
    #expect(summary(plan(), notModules: 1).exitStatus == .moduleFailed)
    #expect(summary(plan(), unreadable: 1).exitStatus == .moduleFailed)
    #expect(summary(plan(), [JobOutcome(job: job(0), result: .failed(.vanished))]).exitStatus == .moduleFailed)
    #expect(summary(plan(), [JobOutcome(job: job(0), result: .failed(.cache(full)))]).exitStatus == .cacheUnwritable)
    #expect(summary(plan(), [JobOutcome(job: job(0), result: .notDone)]).exitStatus == .success)
    for (purpose, status) in [
      (.dryRun, .success), (.check, .moduleFailed), (.frozen, .moduleFailed),
    ] as [(RunPurpose, Commands.ExitStatus)] {
      #expect(summary(plan(upToDate: 1), purpose: purpose).exitStatus == status)
      #expect(summary(plan(upToDate: 4), purpose: purpose).exitStatus == .success)
    }
  }

  @Test func directoryWithoutModulesIsSaid() throws {
    let empty = RunSummary(
      scannedDirectories: [], plan: Plan([], [], [], force: false), outcomes: [], targets: [Self.target],
      caches: OpenCaches(own: nil), notModules: 0, unreadable: 0, rejected: [], emptyRoots: [directory("empty")],
      purpose: .compile, refusedOfLowerCaches: 0,
      nanoseconds: 1
    )
    #expect(
      try lines(Verbosity()) { $0.report(empty) } == [
        "empty: warning: no modules found: only files that end in .wasm are taken, unless they are named", "0 modules",
      ])
    #expect(try lines(Verbosity(isQuiet: true)) { $0.report(empty) }.isEmpty)
  }
}
