internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// The objects that tell of a run, for a single run or for one of many.
struct JSONRunLines {
  private var prepared: [ArtifactIdentity] = []
  private var cache: FilePath = ""
  private var isUnconfined = false

  /// The facts that are known before the first file is looked at; nil if they were reported already.
  mutating func prepared(_ preparation: RunPreparation) -> JSON? {
    let identities = preparation.targets.map(\.identity)
    guard prepared != identities || cache != preparation.cache else { return nil }
    prepared = identities
    cache = preparation.cache
    return [
      "type": "prepared", "cache": JSON(cache), "lower_caches": JSON(preparation.lowerCaches),
      "remote": JSON(preparation.remote),
      "jobs": JSON(preparation.lanes), "library": JSON(preparation.targets.first?.toolchain.location.path),
      "engines": .array(
        preparation.targets.map { target in
          let identity = target.identity
          return [
            "engine": .string(identity.directoryName), "backend": .string(identity.backend.rawValue),
            "options": .object(identity.wish.options.map { .init(name: $0.name, value: .string($0.value)) }),
            "version": .string(identity.version), "target": .string(identity.target),
            "identity": .string(identity.digest.hex), "build": .string(identity.build.hex),
            "library": JSON(target.toolchain.location.path),
          ]
        }),
    ]
  }

  /// The defences that compilers are without; nil if they were reported already.
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

  static func warning(_ trouble: LowerCacheTrouble, with lowerCache: FilePath) -> JSON {
    warning(lowerCache, "lower cache: \(trouble.message(of: lowerCache))")
  }

  static func problem(_ problem: ScanProblem) -> JSON {
    problem.isWarning ? warning(problem.path, problem.message) : error(problem.path, problem.message)
  }

  /// - Parameter more: further members of the object.
  static func upToDate(
    _ content: ModuleContent, _ target: CompileTarget, _ more: KeyValuePairs<String, JSON> = [:]
  ) -> JSON {
    module(content, target, "up_to_date", artifact(content, target), more)
  }

  /// - Parameter status: the fate of the job instead.
  static func notCompiled(_ job: Job, _ status: String) -> JSON {
    module(job.content, job.target, status, ["reason": .identifier(job.reason.rawValue)])
  }

  /// - Parameter more: further members of the object.
  static func outcome(_ outcome: JobOutcome, _ more: KeyValuePairs<String, JSON> = [:]) -> JSON {
    let job = outcome.job
    let reason = JSON.identifier(job.reason.rawValue)
    let known: (status: String, members: KeyValuePairs<String, JSON>) =
      switch outcome.result {
      case .compiled(let size, let nanoseconds):
        (
          "compiled",
          [
            "reason": reason, "artifact": path(job), "artifact_size": JSON(size), "nanoseconds": JSON(nanoseconds),
          ]
        )
      case .compiledRemotely(let size):
        ("compiled_remotely", ["reason": reason, "artifact": path(job), "artifact_size": JSON(size)])
      case .fetched(let size):
        ("fetched", ["reason": reason, "artifact": path(job), "artifact_size": JSON(size)])
      case .shared(let size):
        ("shared", ["reason": reason, "artifact": path(job), "artifact_size": JSON(size)])
      case .foundMeanwhile(let size):
        ("up_to_date", ["artifact": path(job), "artifact_size": JSON(size), "source": "cache"])
      case .failed(let failure):
        ("failed", ["reason": reason, "message": .string(failure.message(alternative: outcome.alternative))])
      case .notDone: ("not_begun", ["reason": reason])
      }
    return module(job.content, job.target, known.status, known.members, more)
  }

  /// One module for one target.
  private static func module(
    _ content: ModuleContent, _ target: CompileTarget, _ status: String, _ members: KeyValuePairs<String, JSON>...
  ) -> JSON {
    let common: KeyValuePairs<String, JSON> = [
      "type": "module", "status": .string(status), "paths": JSON(content.paths),
      "sha256": .string(content.facts.hash.encode()), "size": JSON(content.facts.size),
      "kind": content.facts.kind == .component ? "component" : "module",
      "engine": .string(target.identity.directoryName),
    ]
    return .object(([common] + members).flatMap { $0.map { JSON.Member(name: $0.key, value: $0.value) } })
  }

  /// Where the artifact is, and in which kind of cache.
  private static func artifact(_ content: ModuleContent, _ target: CompileTarget) -> KeyValuePairs<String, JSON> {
    let place = target.place(of: content.facts.hash)
    return [
      "artifact": JSON(place?.entryPath(content.facts.hash)),
      "source": place?.cache.isLower == true ? "lower_cache" : "cache",
    ]
  }

  private static func path(_ job: Job) -> JSON { JSON(job.target.directory?.entryPath(job.content.facts.hash)) }
}
