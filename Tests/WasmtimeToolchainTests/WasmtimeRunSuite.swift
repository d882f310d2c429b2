import Glibc
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

/// A run with a libwasmtime, and how its children are started.
struct WasmtimeRun {
  var request: PrecompileRequest
  var settings: [EngineSettings]
  var engine: EngineFile
  var options = WasmtimeToolchain.Options()
}

/// Tests of runs whose children are those of a fixture.
protocol WasmtimeRunSuite {
  var fixture: ChildFixture { get }
}

extension WasmtimeRunSuite {
  var cachePath: FilePath { fixture.directory("cache") }

  /// Modules in the order in which they are given; all of one size, so that they are compiled in it.
  func write(_ names: String...) throws {
    for name in names { try fixture.directory.write(WasmBinary.returning(Int(name.utf8.first ?? 0)), to: name) }
  }

  func request(_ names: String..., settings: [EngineSettings] = [EngineSettings(backend: .winch)]) throws -> WasmtimeRun
  {
    let request = PrecompileRequest(
      RunInput(names.map { fixture.directory($0) }), caches: CachePlaces(cachePath), work: WorkPolicy(lanes: 1))
    var run = WasmtimeRun(request: request, settings: settings, engine: try ChildFixture.engine())
    run.options.program = try fixture.program()
    return run
  }

  func run(
    _ run: WasmtimeRun, _ observer: RecordingObserver = RecordingObserver()
  ) throws(PrecompileError) -> RunSummary {
    let toolchain = WasmtimeToolchain(
      run.engine, settings: run.settings, options: run.options, cancellation: fixture.cancellation)
    return try Precompiler(
      run.request, with: [toolchain], observer: observer, cancellation: fixture.cancellation
    ).run()
  }

  func lines(_ summary: RunSummary) -> [String] { summary.outcomes.map(\.line) }

  /// Nothing is left of a run: no child, no file that was not published.
  func expectNothingLeft() throws {
    #expect(fixture.leftOver.isEmpty)
    let staging = try Descriptor.open(cachePath.appending("v1/tmp"), O_RDONLY)
    #expect(try staging.names().isEmpty)
  }
}
