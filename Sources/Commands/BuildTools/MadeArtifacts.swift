internal import Exporting
internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmCache

/// The artifacts that exist after a run, each with the name that it is exported under.
struct MadeArtifacts {
  private(set) var exports: [ArtifactExport] = []
  /// Names of the artifacts that should exist and do not.
  private(set) var spared: Set<FilePath> = []

  private struct Artifact: Hashable {
    let module: WasmHash
    let target: ObjectIdentifier

    init(_ module: WasmHash, _ target: CompileTarget) {
      self.module = module
      self.target = ObjectIdentifier(target)
    }

    init(_ job: Job) { self.init(job.content.facts.hash, job.target) }
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
    var readers = ArtifactReaders(summary)
    for target in summary.targets {
      let backend = summary.targets.count > 1 ? target.identity.backend.rawValue : nil
      for content in summary.plan.contents {
        let artifact = Artifact(content.facts.hash, target)
        let isMade = made[artifact] ?? true
        let entries = isMade ? readers.entries(of: artifact.module, for: target) : nil
        for file in content.files {
          let name = ArtifactExport.name(
            of: file.path, below: roots[file.root], suffix: target.identity.format.suffix, backend: backend)
          guard let entries else {
            spared.insert(name)
            continue
          }
          exports.append(
            ArtifactExport(
              path: file.path, source: Environment.absolute(file.path), module: artifact.module, entries: entries,
              name: name, isNew: isNew.contains(artifact)))
        }
      }
    }
  }

  /// Removes artifacts that would share an exported name.
  mutating func removeCollisions() -> [ExportCollision] { ExportCollision.remove(from: &exports) }
}
