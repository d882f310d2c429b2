import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import Testing
import WasmCache
import WasmEngine

@testable import Precompiler

struct PlanTests {
  /// A file that was inspected; its contents are told by their name.
  private struct File {
    let name: String
    let contents: String
    let size: Int
    let lookups: [Lookup]

    init(_ name: String, _ contents: String? = nil, size: Int, _ lookups: Lookup...) {
      self.name = name
      self.contents = contents ?? name
      self.size = size
      self.lookups = lookups
    }
  }

  private func plan(_ files: [File], targetCount: Int = 1, force: Bool = false) throws -> Plan {
    let scanned = try ScannedFiles(files.map(\.name))
    var distinct = DistinctModules(of: scanned.scan, limit: files.count)
    for (index, file) in files.enumerated() {
      distinct.add(
        index, ModuleFacts(hash: .generate(Array(file.contents.utf8)), kind: .coreModule, size: file.size))
    }
    let contents = distinct.contents
    // The first file of each contents tells what the cache has for them.
    let lookups = (0..<targetCount).map { target in
      TargetLookups(
        contents.compactMap { content in
          files.first { .generate(Array($0.contents.utf8)) == content.facts.hash }?.lookups[target]
        }, fingerprint: nil)
    }
    let toolchain = FakeToolchain("a")
    let targets = (0..<targetCount).map { order in
      CompileTarget(
        toolchain, wish: 0, identity: toolchain.identity(), order: order, caches: OpenCaches(own: nil))
    }
    return Plan(contents, targets, lookups, force: force)
  }

  private func jobs(_ plan: Plan) -> [String] { plan.jobs.map { "\($0.name) \($0.target.order)" } }

  private func names(_ paths: [FilePath]) -> [String] { paths.compactMap { $0.lastComponent?.string } }

  @Test func largestModulesComeFirstAndEqualOnesAsFound() throws {
    let plan = try plan([
      File("a", size: 5, .absent(.newModule)), File("b", size: 9, .absent(.newModule)),
      File("c", size: 5, .absent(.newModule)), File("d", size: 7, .absent(.newModule)),
      File("e", size: 5, .absent(.newModule)),
    ])
    #expect(jobs(plan) == ["b 0", "d 0", "a 0", "c 0", "e 0"])
    #expect(names(plan.contents.map(\.path)) == ["a", "b", "c", "d", "e"])
    #expect(plan.upToDate.isEmpty)
  }

  @Test func targetsComeOneAfterTheOther() throws {
    let plan = try plan(
      [
        File("a", size: 5, .absent(.newModule), .absent(.evicted)),
        File("b", size: 9, .absent(.newModule), .present(size: 1)),
      ], targetCount: 2)
    #expect(jobs(plan) == ["b 0", "a 0", "a 1"])
    #expect(plan.jobs.map(\.reason) == [.newModule, .newModule, .evicted])
    #expect(plan.upToDate.map { "\($0.content) \($0.target.order)" } == ["1 1"])
  }

  @Test func filesOfTheSameContentsAreOneModule() throws {
    let plan = try plan([
      File("a", "same", size: 5, .absent(.newModule)), File("b", "other", size: 5, .present(size: 1)),
      File("c", "same", size: 5, .absent(.newModule)), File("d", "other", size: 5, .present(size: 1)),
    ])
    #expect(jobs(plan) == ["a 0"])
    #expect(plan.contents.map { names($0.paths) } == [["a", "c"], ["b", "d"]])
    #expect(plan.jobs.map { names($0.content.paths) } == [["a", "c"]])
    #expect(plan.upToDate.map(\.content) == [1])
  }

  @Test func forceCompilesWhatTheCacheHas() throws {
    let plan = try plan(
      [File("a", size: 5, .present(size: 1)), File("b", size: 4, .absent(.artifactCorrupt))], force: true)
    #expect(
      plan.jobs.map(\.reason) == [.forced, .artifactCorrupt], "why it is missing says more than that it is forced")
    #expect(plan.upToDate.isEmpty)
  }

  @Test func nothingGivesNothing() throws {
    let plan = try plan([], targetCount: 3, force: true)
    #expect(plan.jobs.isEmpty && plan.contents.isEmpty && plan.upToDate.isEmpty)
  }
}
