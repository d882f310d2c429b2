internal import Exporting
internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// The artifacts that there are after a run, each with the name that it is exported under.
struct MadeArtifacts {
  private(set) var exports: [ArtifactExport] = []
  /// Names of those that there should be and are not.
  private(set) var spared: Set<FilePath> = []

  private struct Artifact: Hashable {
    let module: WasmHash
    let engine: Int

    init(module: WasmHash, engine: Int) {
      self.module = module
      self.engine = engine
    }

    init(_ job: Job) { self.init(module: job.content.facts.hash, engine: job.engine) }
  }

  init(_ summary: RunSummary, roots: [FilePath]) {
    var made: [Artifact: Bool] = [:]
    for job in summary.plan.jobs { made[Artifact(job)] = false }
    var isNew: Set<Artifact> = []
    for outcome in summary.outcomes {
      switch outcome.result {
      case .compiled: isNew.insert(Artifact(outcome.job))
      case .foundMeanwhile: break
      case .failed, .notDone: continue
      }
      made[Artifact(outcome.job)] = true
    }
    let severalBackends = summary.engines.count > 1
    let memory = summary.directories.lazy.compactMap(\.self).first.map {
      LoadingCatalog(of: $0.cache, isWritable: !summary.purpose.onlyLooks)
    }
    for (number, directory) in summary.directories.enumerated() {
      let entries = directory.flatMap { directory in memory.map { VerifiedEntries(directory, $0) } }
      let backend = severalBackends ? summary.engines[number].settings.backend.rawValue : nil
      for content in summary.plan.contents {
        let artifact = Artifact(module: content.facts.hash, engine: number)
        for file in content.files {
          let path = file.path
          let name = ArtifactExport.name(of: path, below: roots[file.root], backend: backend)
          guard let entries, made[artifact] ?? true else {
            spared.insert(name)
            continue
          }
          exports.append(
            ArtifactExport(
              path: path, source: Environment.absolute(path), module: artifact.module, entries: entries, name: name,
              isNew: isNew.contains(artifact)))
        }
      }
    }
  }

  /// Takes out what would be exported under one name.
  mutating func removeCollisions() -> [ExportCollision] { ExportCollision.remove(from: &exports) }
}
