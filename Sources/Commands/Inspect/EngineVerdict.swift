internal import Inspecting
internal import Precompiler
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
  /// Why it would be refused, in the engine's words.
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
    return hosts.map { host in
      let hasBackend = choice.request.compiler.namesBackends || host.name != nil
      let settings = hasBackend ? host.settings : Self.everyBackend(like: host.settings, for: artifact)
      do {
        let refusals = try work.run {
          try EngineProbe(
            host.engine, program: .thisExecutable, policy: choice.options.confinement, cancellation: work.cancellation
          ).refusals(of: artifact, settings)
        }
        if host.differences.allSatisfy({ !$0.isInTheWay }),
          let taker = zip(settings, refusals).first(where: { $1 == nil })
        {
          return EngineVerdict(host, taker.0.backend, [])
        }
        var reasons = host.differences.filter(\.isInTheWay).map(\.text)
        for reason in refusals.compactMap(\.self) where !reasons.contains(reason) { reasons.append(reason) }
        return EngineVerdict(host, nil, reasons)
      } catch {
        return EngineVerdict(
          host, nil, ["the engine cannot be used: \((error as? RunFailure)?.message ?? "\(error)")"])
      }
    }
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
    let lines = failure.message.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    reasons = ["the engine cannot be used: \(lines.prefix(2).joined(separator: " "))"]
  }

  private init(_ host: FoundHost, _ backend: Backend?, _ reasons: [String]) {
    self.host = host.name
    library = host.engine.location.path
    self.backend = backend
    self.reasons = reasons
  }

  var loads: Bool { reasons.isEmpty }

  var lines: [String] {
    let place = [host?.printable, library?.printable].compactMap(\.self).joined(separator: ", ")
    if loads { return ["yes, with \(backend?.rawValue ?? "") of \(place)"] }
    return [place.isEmpty ? "not known:" : "no, not with \(place):"] + reasons.map { "- \($0.printable)" }
  }

  var json: JSON {
    [
      "host": JSON(host), "library": JSON(library), "loads": .bool(loads), "backend": JSON(backend?.rawValue),
      "reasons": .array(reasons.map { .string($0) }),
    ]
  }
}
