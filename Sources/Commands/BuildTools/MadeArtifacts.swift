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
      case .compiled, .compiledRemotely, .fetched, .shared: isNew.insert(Artifact(outcome.job))
      case .foundMeanwhile: break
      case .failed, .notDone: continue
      }
      made[Artifact(outcome.job)] = true
    }
    var readers = ArtifactReaders(summary)
    for target in summary.targets {
      let places = Self.places(of: target, in: summary)
      for content in summary.plan.contents {
        let artifact = Artifact(content.facts.hash, target)
        let isMade = made[artifact] ?? true
        let entries = isMade ? readers.entries(of: artifact.module, for: target) : nil
        for (file, place) in content.files.flatMap({ file in places.map { (file, $0) } }) {
          let name = ArtifactExport.name(
            of: file.path, below: roots[file.root], suffix: target.identity.format.suffix, in: place)
          guard let entries else {
            spared.insert(name)
            continue
          }
          exports.append(
            ArtifactExport(
              path: file.path, source: Environment.absolute(file.path), module: artifact.module, entries: entries,
              name: name, place: place, isNew: isNew.contains(artifact)))
        }
      }
    }
  }

  /// The directories for a target's artifacts: none for a single one, else the backend's or those of its hosts.
  private static func places(of target: CompileTarget, in summary: RunSummary) -> [FilePath] {
    if summary.targets.count == 1 { return [""] }
    let backend = target.identity.backend
    let isAlone = summary.targets.count { $0.identity.backend == backend } == 1
    let all = summary.targets.flatMap(\.hosts)
    // One backend may make artifacts for several machines.
    let machine = target.identity.wish.options.first { $0.name == CompileWish.targetOption }?.value
    let own = isAlone ? backend.rawValue : ([backend.rawValue] + [machine].compactMap(\.self)).joined(separator: "/")
    if target.hosts.isEmpty || isAlone && Set(all).count <= 1 { return [FilePath(own)] }
    // A host with several backends has a directory for each.
    return target.hosts.map { host in FilePath(all.count { $0 == host } > 1 ? "\(host)/\(own)" : host) }
  }

  /// Removes artifacts that would share an exported name.
  mutating func removeCollisions() -> [ExportCollision] { ExportCollision.remove(from: &exports) }
}
