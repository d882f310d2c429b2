import Testing
import WasmCache
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

/// Children that wait between a watcher's runs.
struct IdleChildrenTests {
  private let fixture: ChildFixture
  private let idle = IdleChildren()
  private let identities = [
    ArtifactIdentity(
      settings: EngineSettings(backend: .cranelift), compatibility: CompatibilityRecord(bytes: [1]), libraryBuild: [1])
  ]
  private let one = ModuleOrigin(owner: 1, directory: "/one")
  private let other = ModuleOrigin(owner: 1, directory: "/other")

  init() throws { fixture = try ChildFixture() }

  private func put(_ child: CompileChild, _ origin: ModuleOrigin, lanes: Int = 2) -> Bool {
    idle.put(child, for: identities, origin, lanes: lanes)
  }

  private func take(_ origin: ModuleOrigin, lanes: Int = 2) -> CompileChild? {
    idle.take(for: identities, origin, lanes: lanes)
  }

  @Test func aChildServesTheOriginThatItHasMet() throws {
    let child = try fixture.ready()
    #expect(put(child, one))
    #expect(take(other) == nil)
    #expect(take(one) === child)
    #expect(take(one) == nil)
  }

  @Test func noMoreChildrenWaitThanThereAreLanes() throws {
    for _ in 0..<3 { #expect(put(try fixture.ready(), one)) }
    #expect(take(one) != nil && take(one) != nil && take(one) == nil)
  }

  @Test func aChildOfOneModuleIsNotKept() throws {
    let child = try fixture.ready()
    #expect(!put(child, ModuleOrigin(module: .generate([]))))
  }

  @Test func aChildThatEndedIsNotGivenOut() throws {
    let child = try fixture.ready()
    #expect(put(child, one))
    child.kill()
    while !child.hasEnded {}
    #expect(take(one) == nil)
  }
}
