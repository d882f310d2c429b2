import Foundation
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Commands
@testable import Precompiler

/// What programs and watchers' users are told of lower caches.
struct LowerCacheReportingTests {
  private let directory: TemporaryDirectory
  private let toolchain = FakeToolchain("one")

  init() throws { directory = try TemporaryDirectory() }

  /// A run over modules of which a lower cache has `a`.
  private func run(_ observer: any RunObserver) throws -> RunSummary {
    for (number, name) in ["a", "b"].enumerated() { try directory.write(WasmBinary.returning(number), to: name) }
    var request = PrecompileRequest(
      RunInput([directory("a")]), caches: CachePlaces(directory("lower")), work: WorkPolicy(lanes: 1))
    let cancellation = Cancellation()
    _ = try Precompiler(request, with: [toolchain], observer: RecordingObserver(), cancellation: cancellation).run()
    request.input = RunInput([directory("a"), directory("b")])
    request.caches = CachePlaces(directory("cache"))
    request.caches.lower = [directory("lower"), directory("absent")]
    return try Precompiler(request, with: [toolchain], observer: observer, cancellation: cancellation).run()
  }

  /// What is written to an output, with the directory's path shortened.
  private func written(_ body: (Output) throws -> Void) throws -> [String] {
    let file = directory("output")
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
    try descriptor.closeAfter { try body(Output(descriptor: descriptor)) }
    return String(decoding: try [UInt8](contentsOf: file), as: UTF8.self)
      .replacing("\(directory.path)/", with: "").split(separator: "\n").map(String.init)
  }

  private func objects(_ lines: [String]) throws -> [[String: Any]] {
    try lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  /// The schema knows every member, and no required one is missing. (The end-to-end tests have a real validator.)
  private func expectKnownMembers(_ lines: [[String: Any]]) throws {
    let file = FilePath("\(EngineUnderTest.packageRoot)/Sources/Commands/Reporting/JSON/output.schema.json")
    let schema = try JSONSerialization.jsonObject(with: Data([UInt8](contentsOf: file))) as? [String: Any]
    let definitions = try #require(schema?["$defs"] as? [String: [String: Any]])
    for line in lines {
      let type = try #require(line["type"] as? String)
      // A summary's depend on the command.
      guard type != "summary" else { continue }
      let definition = try #require(definitions[type])
      let properties = try #require(definition["properties"] as? [String: Any])
      let required = try #require(definition["required"] as? [String])
      let members = Set(line.keys)
      #expect(members.isSubset(of: properties.keys) && members.isSuperset(of: required), "\(line)")
      guard let source = line["source"] as? String else { continue }
      let known = try #require(properties["source"] as? [String: Any])
      let sources = try #require(known["enum"] as? [String])
      #expect(sources.contains(source))
    }
  }

  @Test func objectsSayWhereAnArtifactIs() throws {
    let lines = try objects(
      written { output in
        let reporter = JSONRunReporter(JSONLines("precompile", to: output))
        reporter.report(try run(reporter))
      })
    try expectKnownMembers(lines)
    func all(_ type: String) -> [[String: Any]] { lines.filter { $0["type"] as? String == type } }
    #expect(all("prepared").first?["lower_caches"] as? [String] == ["lower"])
    let warning = try #require(all("warning").first)
    #expect(warning["path"] as? String == "absent")
    #expect((warning["message"] as? String)?.hasPrefix("lower cache: ") == true)
    #expect(all("planned").first?["lower_cache"] as? Int == 1)
    #expect(all("summary").first?["lower_cache"] as? Int == 1)
    let modules = all("module")
    #expect(modules.compactMap { $0["status"] as? String } == ["up_to_date", "compiled"])
    #expect(modules.map { $0["source"] as? String } == ["lower_cache", nil])
    #expect((modules[0]["artifact"] as? String)?.hasPrefix("lower/v1/engines/one-1-") == true)
    #expect((modules[1]["artifact"] as? String)?.hasPrefix("cache/v1/engines/one-1-") == true)
  }

  @Test func peopleAreToldWhereAnArtifactIs() throws {
    let lines = try written { output in
      _ = try run(RunReporter(Verbosity(explains: true), output: output))
    }
    #expect(lines.contains("up to date a with one (in lower)"), "\(lines)")
    #expect(lines.contains { $0.hasPrefix("wasmprecompile: warning: lower cache absent: ") }, "\(lines)")
  }

  /// Each batch is a run of its own.
  @Test func watchersSayTroubleOnce() throws {
    let trouble = RunEvent.lowerCacheTrouble("/mount", .unusable(.givenUp("/mount", operation: "read", reason: "gone")))
    let lines = try written { output in
      let reporter = WatchReporter(Verbosity(), clearsScreen: false, output: output)
      for _ in 1...3 { reporter.record(trouble) }
      reporter.record(.lowerCacheTrouble("/image", .unusable(.givenUp("/mount", operation: "read", reason: "gone"))))
      for _ in 1...2 { reporter.record(.warned("max-size 1K has no room for 1 of this run's artifacts")) }
    }
    #expect(
      lines == [
        "wasmprecompile: warning: lower cache /mount: cannot read: gone",
        "wasmprecompile: warning: lower cache /image: cannot read: gone",
        "wasmprecompile: warning: max-size 1K has no room for 1 of this run's artifacts",
      ])
    let objects = try objects(
      written { output in
        let reporter = JSONWatchReporter(JSONLines("watch", to: output))
        for _ in 1...3 { reporter.record(trouble) }
      })
    #expect(objects.compactMap { $0["type"] as? String } == ["start", "warning"])
    #expect(
      objects.last?["path"] as? String == "/mount"
        && objects.last?["message"] as? String == "lower cache: cannot read: gone")
  }
}
