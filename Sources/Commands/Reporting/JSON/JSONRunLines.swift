internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// The objects that tell of a run, for whoever runs the precompiler once or again and again.
struct JSONRunLines {
  private var engines: [EngineIdentity] = []
  private var cache: FilePath = ""
  private var isUnconfined = false

  /// What is known before the first file is looked at; nil if that has been told already.
  mutating func prepared(
    engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int
  ) -> JSON? {
    guard engines != identities || self.cache != cache else { return nil }
    engines = identities
    self.cache = cache
    return [
      "type": "prepared", "cache": JSON(cache), "jobs": JSON(lanes), "library": JSON(engine.path),
      "engines": .array(
        identities.map { identity in
          [
            "engine": .string(identity.directoryName), "backend": .string(identity.settings.backend.rawValue),
            "opt_level": .string(identity.settings.optimization.rawValue),
            "cpu": .string(identity.settings.cpu.rawValue), "version": .string(identity.compatibility.version),
            "target": .string(identity.compatibility.target), "identity": .string(identity.digest.hex),
            "build": .string(identity.libraryBuild.hex),
          ]
        }),
    ]
  }

  /// Which defences compilers are without; nil if that has been told already.
  mutating func unconfined(missing: [String]) -> String? {
    defer { isUnconfined = true }
    return isUnconfined ? nil : RunReporter.warning(ofMissing: missing)
  }

  static func note(_ text: String) -> JSON { ["type": "note", "message": .string(text)] }

  static func error(_ path: FilePath, _ message: String) -> JSON {
    ["type": "error", "path": JSON(path), "message": .string(message)]
  }

  static func warning(_ path: FilePath?, _ message: String) -> JSON {
    ["type": "warning", "path": JSON(path), "message": .string(message)]
  }

  static func problem(_ problem: ScanProblem) -> JSON {
    problem.isWarning ? warning(problem.path, problem.description) : error(problem.path, problem.description)
  }

  /// - Parameter more: further members of the object.
  func upToDate(_ content: ModuleContent, _ engine: Int, _ more: KeyValuePairs<String, JSON> = [:]) -> JSON {
    module(content, engine, "up to date", ["artifact": artifact(content, engine)], more)
  }

  /// - Parameter status: what became of it instead.
  func notCompiled(_ job: Job, _ status: String) -> JSON {
    module(job.content, job.engine, status, ["reason": .string(job.reason.rawValue)])
  }

  /// - Parameter more: further members of the object.
  func outcome(_ outcome: JobOutcome, _ more: KeyValuePairs<String, JSON> = [:]) -> JSON {
    let job = outcome.job
    let reason = JSON.string(job.reason.rawValue)
    let known: (status: String, members: KeyValuePairs<String, JSON>) =
      switch outcome.result {
      case .compiled(let size, let nanoseconds):
        (
          "compiled",
          [
            "reason": reason, "artifact": artifact(job.content, job.engine), "artifact_size": JSON(size),
            "nanoseconds": JSON(nanoseconds),
          ]
        )
      case .foundMeanwhile(let size):
        ("up to date", ["artifact": artifact(job.content, job.engine), "artifact_size": JSON(size)])
      case .failed(let failure): ("failed", ["reason": reason, "message": .string(failure.description)])
      case .notDone: ("not begun", ["reason": reason])
      }
    return module(job.content, job.engine, known.status, known.members, more)
  }

  /// One module with one engine.
  private func module(
    _ content: ModuleContent, _ engine: Int, _ status: String, _ members: KeyValuePairs<String, JSON>...
  ) -> JSON {
    let common: KeyValuePairs<String, JSON> = [
      "type": "module", "status": .string(status), "paths": JSON(content.paths),
      "sha256": .string(content.facts.hash.encode()), "size": JSON(content.facts.size),
      "kind": content.facts.kind == .component ? "component" : "module",
      "engine": JSON(identity(engine)?.directoryName),
    ]
    return .object(([common] + members).flatMap { $0.map { JSON.Member(name: $0.key, value: $0.value) } })
  }

  private func artifact(_ content: ModuleContent, _ engine: Int) -> JSON {
    JSON(identity(engine).map { CacheLayout.entryPath(cache: cache, $0, content.facts.hash) })
  }

  private func identity(_ engine: Int) -> EngineIdentity? { engines.indices.contains(engine) ? engines[engine] : nil }
}
