internal import Synchronization
package import SystemPackage
package import WasmCache

/// One artifact that a run makes of every module: compiler, wish and place. Every job carries its target.
package final class CompileTarget: Sendable {
  package let toolchain: any Toolchain
  /// The position of its wish in the toolchain's wishes.
  package let wish: Int
  package let identity: ArtifactIdentity
  /// Says whether an artifact may be filed under the identity.
  let judge: ArtifactJudge
  /// The identities of all of the toolchain's wishes. Some may be equal, and have one target together.
  let identities: [ArtifactIdentity]
  /// The names of the hosts that it is for; empty if none is named.
  package let hosts: [String]
  /// Its place among the run's targets: earlier ones are made first.
  package let order: Int
  /// Its part of the run's own cache; nil if there is no cache.
  package let directory: EngineDirectory?
  /// Its parts of the caches that are only read, the first first.
  package let lower: [EngineDirectory]
  /// Whether the run has several compilers, so that the name must say which.
  private let namesCompiler: Bool
  private let opened = Mutex<EngineWriter?>(nil)
  /// Positions of lower caches whose artifact of a module cannot be used.
  private let refused = Mutex<[WasmHash: Set<Int>]>([:])

  package init(
    _ toolchain: any Toolchain, wish: Int, identity: ArtifactIdentity, order: Int, caches: OpenCaches,
    among identities: [ArtifactIdentity]? = nil, for hosts: [String] = [], namesCompiler: Bool = false
  ) {
    self.toolchain = toolchain
    self.wish = wish
    self.identity = identity
    judge = ArtifactJudge(identity)
    self.identities = identities ?? [identity]
    self.hosts = hosts
    self.order = order
    self.namesCompiler = namesCompiler
    directory = caches.own.map { EngineDirectory(identity, in: $0) }
    lower = caches.lower.map { EngineDirectory(identity, in: $0) }
  }

  /// Makes its part of the cache ready to be written to.
  ///
  /// - Parameter others: the targets that are made at the same time.
  func openWriter(_ publisher: Publisher, beside others: [CompileTarget]) throws(CacheError) {
    guard let directory, writer == nil else { return }
    let writer = try EngineWriter(directory, publisher, beside: others.map(\.identity))
    opened.withLock { $0 = writer }
  }

  /// Lets go of what writing needs: targets outlive their run.
  func closeWriter() { opened.withLock { $0 = nil } }

  /// Nil but between ``openWriter(_:)`` and ``closeWriter()``.
  var writer: EngineWriter? { opened.withLock { $0 } }

  /// The one of some targets whose artifacts serve this target's hosts, too, as far as these accept them; nil if there is none.
  func leader(among targets: [CompileTarget]) -> CompileTarget? {
    func serve(_ target: CompileTarget) -> [CompileTarget] {
      targets.filter { EngineDescription($0.identity).serves(target.identity) }
    }
    // One that others serve has to wait for these itself.
    return serve(self).first { serve($0).isEmpty }
  }

  /// The part of a cache that has a module's artifact; the run's own if none has.
  package func place(of module: WasmHash) -> EngineDirectory? {
    if lower.isEmpty { return directory }
    let refused = refused.withLock { $0[module] ?? [] }
    let places = [directory].compactMap(\.self) + lower.indices.filter { !refused.contains($0) }.map { lower[$0] }
    return places.first { if case .present = $0.lookUp(module) { true } else { false } } ?? directory
  }

  /// Passes over a module's artifact in a lower cache, because it cannot be used.
  package func refuse(_ module: WasmHash, fromLowerCache number: Int) {
    refused.withLock { _ = $0[module, default: []].insert(number) }
  }

  /// The path that any runtime can open to have a module's artifact.
  package func entryPath(_ module: WasmHash) -> FilePath? { place(of: module)?.entryPath(module) }

  /// The wish, as people read it: `cranelift, opt-level none`; among several compilers `cranelift (wasmtime 48)`.
  package var name: String { identity.wish.description + (namesCompiler ? " (\(identity.compiler))" : "") }
}

/// The caches of a run, opened.
package struct OpenCaches: Sendable {
  /// The run's own cache; nil if there is none, which a run that only looks leaves as it is.
  package let own: CacheDirectory?
  /// The caches that are only read.
  package let lower: [CacheDirectory]

  package init(own: CacheDirectory?, lower: [CacheDirectory] = []) {
    self.own = own
    self.lower = lower
  }

  package var all: [CacheDirectory] { [own].compactMap(\.self) + lower }
}
