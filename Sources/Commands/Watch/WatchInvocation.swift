internal import Precompiler
internal import ProgramToolchain
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import Watching

/// A command line with `--watch`, and what is set outside of it.
struct WatchInvocation {
  var request: PrecompileRequest
  let compilers: CompilerChoice
  let options: WatchOptions
  /// What is set, as text, to tell one state of the configuration from another.
  let settings: [String: [String]]
  /// The configuration's files, there or not.
  let files: [FilePath]

  /// What the artifacts depend on besides the modules.
  ///
  /// - Parameter told: files of compilers as these have told; of those that cannot be asked now, what is found counts.
  func dependencies(besides told: [FilePath]) -> [WatchDependency] {
    var all = files.map { WatchDependency.configuration($0) }
    let programs = try? CompilerFinding()
    for choice in (try? compilers.request.choices()) ?? [] {
      for one in choice.settings where !one.backend.isOfLibwasmtime {
        all += (try? programs?.find(one.backend))?.files.map { .maker($0) } ?? []
      }
      let found = (try? choice.search.find()).map { [$0.location] } ?? choice.search.candidates
      all += (found.map(\.path) + [choice.like].compactMap(\.self)).map { .maker($0) }
    }
    all += compilers.request.hosts.engineConfig.map { .maker($0.path) }
    all += told.map { .maker($0) }
    all.append(.entries(CacheLayout.entriesPath(cache: request.caches.path)))
    var known: Set<WatchDependency> = []
    return all.filter { known.insert($0).inserted }
  }
}
