internal import Inspecting
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import WasmtimeToolchain

/// Whether an engine would load an artifact. The engine's own records decide about that.
struct EngineVerdict {
  private let library: FilePath
  /// The backend with which it would be loaded, or which comes nearest to it.
  private let backend: Backend?
  /// Why it would be refused.
  private let reasons: [String]

  /// Makes a verdict; nil if there is no engine, and none was named.
  init?(on record: CompatibilityRecord, by options: EngineOptions) {
    let file: EngineFile
    do { file = try options.search.find() } catch {
      guard options.engine != nil, let candidate = options.search.candidates.first else { return nil }
      self.init(candidate.path, nil, ["the engine cannot be used: \(RunFailure(error).message)"])
      return
    }
    let backends: [Backend] = record.target.hasPrefix("pulley") ? [.pulley] : [.cranelift, .winch]
    let work = InterruptibleWork()
    do {
      let found = try work.run {
        try EngineProbe(
          file, program: .thisExecutable, policy: ConfinementPolicy(), cancellation: work.cancellation
        ).identify(backends.map { EngineSettings(backend: $0) }).identities
      }
      let accounts = zip(backends, found).compactMap { backend, result in
        (try? result.get()).map { (backend, Self.reasons(CompatibilityRecord(bytes: $0.record), record)) }
      }
      guard let nearest = accounts.min(by: { $0.1.count < $1.1.count }) else {
        self.init(file.location.path, nil, ["the engine has no backend of that kind"])
        return
      }
      self.init(file.location.path, nearest.0, nearest.1)
    } catch {
      self.init(
        file.location.path, nil, ["the engine cannot be used: \((error as? RunFailure)?.message ?? "\(error)")"])
    }
  }

  private init(_ library: FilePath, _ backend: Backend?, _ reasons: [String]) {
    self.library = library
    self.backend = backend
    self.reasons = reasons
  }

  private static func reasons(_ engine: CompatibilityRecord, _ artifact: CompatibilityRecord) -> [String] {
    if engine == artifact { return [] }
    guard let own = EngineFlags(engine.bytes), let other = EngineFlags(artifact.bytes) else {
      return ["the engine's record is another than the artifact's"]
    }
    return own.refusals(of: other)
  }

  var lines: [String] {
    if reasons.isEmpty { return ["yes, with \(backend?.rawValue ?? "") of \(library.printable)"] }
    return ["no, not with \(library.printable):"] + reasons.map { "- \($0.printable)" }
  }

  var json: JSON {
    [
      "library": JSON(library), "loads": .bool(reasons.isEmpty), "backend": JSON(backend?.rawValue),
      "reasons": .array(reasons.map { .string($0) }),
    ]
  }
}
