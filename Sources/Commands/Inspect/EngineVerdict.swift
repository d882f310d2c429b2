internal import Inspecting
internal import Precompiler
internal import ProgramToolchain
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import WasmtimeToolchain

/// Whether a host would load an artifact: the engine's own answer, from a confined process.
struct EngineVerdict {
  /// The host, as messages call it; nil for the one that is not named.
  private let host: String?
  /// Nil if there is none.
  private let library: FilePath?
  /// The backend with which it would be loaded.
  private let backend: Backend?
  /// Nil if the engine could not be asked.
  private let loads: Bool?
  /// Why it would be refused, in the engine's words, or why that is not known.
  private let reasons: [String]

  /// Asks about each host that the options name.
  ///
  /// - Parameter isNamed: whether the user named an engine or a host. If not, an engine that is missing is no news.
  static func all(
    on artifact: UnsafeRawBufferPointer, by choice: CompilerChoice, isNamed: Bool
  ) throws(RunFailure) -> [EngineVerdict] {
    let work = InterruptibleWork()
    let hosts: [FoundHost]
    do { hosts = try choice.hosts(work.cancellation) } catch {
      // An engine that is missing is no reason to say nothing of the artifact.
      guard error.status == .engineUnavailable else { throw error }
      return isNamed ? [EngineVerdict(unusable: error)] : []
    }
    if let target = CompatibilityRecord(artifact: artifact)?.target, Self.isForeign(target) {
      return hosts.map { host in
        EngineVerdict(host, [(nil, .refuses("it is for another machine: \(target)"))])
      }
    }
    return hosts.map { host in
      let hasBackend = choice.request.compiler.namesBackends || host.name != nil
      let settings = hasBackend ? host.settings : Self.everyBackend(like: host.settings, for: artifact)
      do {
        let answers = try work.run {
          try EngineProbe(
            host.engine, program: .thisExecutable, policy: choice.options.confinement, cancellation: work.cancellation
          ).loads(artifact, with: settings)
        }
        return EngineVerdict(host, zip(settings, answers).map { ($0.backend, $1) })
      } catch {
        return EngineVerdict(
          host, [(nil, .unknown("the engine cannot be used: \((error as? RunFailure)?.message ?? "\(error)")"))])
      }
    }
  }

  /// Whether code is for another machine than this, so that nothing here tries to load it.
  private static func isForeign(_ target: String) -> Bool {
    let words = { (triple: String) in triple.split(separator: "-").map(String.init) }
    let (own, its) = (words(CompilerWish.host), words(target))
    return !target.hasPrefix("pulley") && (own.first != its.first || !its.contains("linux"))
  }

  /// The tunables and WebAssembly features of an artifact by their names, if an engine of its release is at hand.
  static func names(
    in artifact: CompatibilityRecord, by choice: CompilerChoice
  ) -> (tunables: [String], features: [String]) {
    let work = InterruptibleWork()
    var facts: [(name: String, value: String)] = []
    for host in (try? choice.hosts(work.cancellation)) ?? [] where facts.isEmpty {
      let probe = EngineProbe(
        host.engine, program: .thisExecutable, policy: choice.options.confinement, cancellation: work.cancellation)
      facts = (try? work.run { try probe.namedFacts(of: artifact) }) ?? []
    }
    return (
      facts.filter { $0.value != "on" }.map { "\($0.name)=\($0.value)" }, facts.filter { $0.value == "on" }.map(\.name)
    )
  }

  /// Without a word about the backend, any that could load it will do.
  private static func everyBackend(
    like settings: [EngineSettings], for artifact: UnsafeRawBufferPointer
  ) -> [EngineSettings] {
    guard let one = settings.first else { return [] }
    let isPulley = CompatibilityRecord(artifact: artifact)?.target.hasPrefix("pulley") ?? false
    return (isPulley ? [Backend.pulley] : [.cranelift, .winch]).map { one.with($0) }
  }

  /// - Parameter failure: why the engine could not be found. Its first line says it, others give advice.
  private init(unusable failure: RunFailure) {
    host = nil
    library = nil
    backend = nil
    loads = nil
    let lines = failure.message.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    reasons = ["the engine cannot be used: \(lines.prefix(2).joined(separator: " "))"]
  }

  private init(_ host: FoundHost, _ answers: [(backend: Backend?, answer: LoadAnswer)]) {
    self.host = host.name
    library = host.engine.location.path
    var reasons = host.differences.filter(\.isInTheWay).map(\.text)
    let taker = answers.first { $0.answer == .loads }
    if reasons.isEmpty, let taker {
      backend = taker.backend
      loads = true
      self.reasons = []
      return
    }
    var isRefused = !reasons.isEmpty
    for (_, answer) in answers {
      switch answer {
      case .loads: break
      case .refuses(let reason):
        isRefused = true
        if !reasons.contains(reason) { reasons.append(reason) }
      case .unknown(let reason): if !reasons.contains(reason) { reasons.append(reason) }
      }
    }
    backend = nil
    loads = isRefused ? false : nil
    self.reasons = reasons
  }

  var lines: [String] {
    let place = [host?.printable, library?.printable].compactMap(\.self).joined(separator: ", ")
    let details = reasons.map { "- \($0.printable)" }
    switch loads {
    case true?: return ["yes, with \(backend?.rawValue ?? "") of \(place)"]
    case false?: return ["no, not with \(place):"] + details
    case nil: return [place.isEmpty ? "not known:" : "not known, with \(place):"] + details
    }
  }

  var json: JSON {
    [
      "host": JSON(host), "library": JSON(library), "loads": loads.map { .bool($0) } ?? .null,
      "backend": JSON(backend?.rawValue), "reasons": .array(reasons.map { .string($0) }),
    ]
  }
}
