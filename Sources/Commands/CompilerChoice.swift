internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import SystemPackage
internal import WasmEngine
internal import WasmtimeToolchain

/// A command's choice of compilers: the hosts whose engines are going to load the artifacts, and how compilers are kept.
struct CompilerChoice: Sendable {
  let request: HostRequest
  var options = WasmtimeToolchain.Options()
  /// Whether only the first host's first backend counts, as to run a module.
  var isSingle = false
  /// What was found out about samples, for all copies of this value: to ask takes a tenth of a second, and a watcher has many
  /// batches.
  private let likenesses = Likenesses()

  init(request: HostRequest) { self.request = request }

  /// Runs the precompiler with the compilers as they are found now.
  func run(
    _ request: PrecompileRequest, observer: any RunObserver, _ cancellation: Cancellation
  ) throws(RunFailure) -> RunSummary {
    let toolchains = try findToolchains(cancellation)
    do {
      return try Precompiler(request, with: toolchains, observer: observer, cancellation: cancellation).run()
    } catch {
      throw RunFailure(error)
    }
  }

  /// Finds the compilers as they are now: one for each engine library, for all hosts that have it.
  func findToolchains(_ cancellation: Cancellation) throws(RunFailure) -> [WasmtimeToolchain] {
    var found: [(engine: EngineFile, settings: [EngineSettings], hosts: [[String]])] = []
    for host in try hosts(cancellation) {
      try host.requireReachable()
      let place = found.firstIndex { $0.engine.stamp.identity == host.engine.stamp.identity } ?? found.count
      if place == found.count { found.append((host.engine, [], [])) }
      for one in host.settings {
        let names = host.directoryName.map { [$0] } ?? []
        if let known = found[place].settings.firstIndex(of: one) {
          found[place].hosts[known] += names
        } else {
          found[place].settings.append(one)
          found[place].hosts.append(names)
        }
      }
    }
    return found.map {
      WasmtimeToolchain(
        $0.engine, settings: $0.settings, hosts: $0.hosts, options: options, cancellation: cancellation)
    }
  }

  /// Finds each host's engine, and what is set on it.
  func hosts(_ cancellation: Cancellation) throws(RunFailure) -> [FoundHost] {
    let choices = try request.choices()
    var found: [FoundHost] = []
    for choice in isSingle ? Array(choices.prefix(1)) : choices {
      let engine: EngineFile
      do { engine = try choice.search.find() } catch { throw RunFailure(error) }
      var host = FoundHost(name: choice.name, engine: engine, settings: choice.settings)
      if let sample = choice.like { try host.adopt(sample, options, likenesses, cancellation) }
      if isSingle { host.settings = Array(host.settings.prefix(1)) }
      found.append(host)
    }
    return found
  }
}

extension PrecompileInvocation {
  var compilers: CompilerChoice {
    var choice = CompilerChoice(request: HostRequest(engine: engine, compiler: compiler, hosts: hosts, place: place))
    choice.options.confinement = limits.confinement(sandbox)
    return choice
  }
}

/// A host with the engine library that was found for it.
struct FoundHost: Sendable {
  let name: String?
  let engine: EngineFile
  /// One for each backend.
  var settings: [EngineSettings]
  /// How the sample that it was to be like differs from what can be reached.
  var differences: [EngineLikeness.Difference] = []

  init(name: String?, engine: EngineFile, settings: [EngineSettings]) {
    self.name = name
    self.engine = engine
    self.settings = settings
  }

  /// The directory for its exports: its name, or that of the file that describes it.
  var directoryName: String? { name.flatMap { FilePath($0).lastComponent?.stem } }

  /// Refuses to make what the host would refuse.
  func requireReachable() throws(RunFailure) {
    let inTheWay = differences.filter(\.isInTheWay).map(\.text)
    if inTheWay.isEmpty { return }
    throw RunFailure(
      status: .usage,
      message: "\((name ?? "the host").printable): its engine cannot be matched, so that it would refuse what is made: "
        + "\(inTheWay.joined(separator: "; ").printable); `wasmtime compile` of the same release can")
  }

  /// Takes over the settings of the engine that serialized an artifact.
  mutating func adopt(
    _ sample: FilePath, _ options: WasmtimeToolchain.Options, _ known: Likenesses, _ cancellation: Cancellation
  ) throws(RunFailure) {
    let record = try Self.record(of: sample)
    let question = Likenesses.Question(record: record, engine: engine.stamp, base: settings)
    if let answer = known.answer(to: question) { return adopt(answer) }
    let probe = EngineProbe(
      engine, program: options.program, policy: options.confinement, cancellation: cancellation)
    guard let base = settings.first else { return }
    do throws(LikenessFailure) {
      var likeness = try probe.settings(
        like: record, from: EngineSettings(backend: .cranelift, features: base.features))
      likeness.settings = likeness.settings.with(base.configuration)
      known.note(likeness, for: question)
      adopt(likeness)
    } catch {
      throw RunFailure(error, sample, engine.location)
    }
  }

  private mutating func adopt(_ likeness: EngineLikeness) {
    settings = [likeness.settings]
    differences = likeness.differences
  }

  /// Bytes. A project's file may name any file.
  private static let largestSample = 256 << 20

  private static func record(of artifact: FilePath) throws(RunFailure) -> CompatibilityRecord {
    let bytes: [UInt8]
    do { bytes = try RegularFile(artifact).contents(limit: Self.largestSample) } catch {
      throw RunFailure(status: .usage, message: "\(artifact.printable): cannot be read: \(error)")
    }
    guard let record = bytes.withUnsafeBytes({ CompatibilityRecord(artifact: $0) }) else {
      throw RunFailure(
        status: .usage,
        message: "\(artifact.printable): is no artifact of wasmtime's: --like takes what `wasmtime compile`, "
          + "`Module.serialize()` of that host made")
    }
    return record
  }
}

/// What engines said about samples.
final class Likenesses: Sendable {
  struct Question: Hashable {
    let record: CompatibilityRecord
    let engine: FileStamp
    let base: [EngineSettings]
  }

  private let answers = Mutex<[Question: EngineLikeness]>([:])

  func answer(to question: Question) -> EngineLikeness? { answers.withLock { $0[question] } }

  func note(_ answer: EngineLikeness, for question: Question) { answers.withLock { $0[question] = answer } }
}

extension RunFailure {
  fileprivate init(_ failure: LikenessFailure, _ sample: FilePath, _ engine: EngineLocation) {
    let reason: String
    switch failure {
    case .compiler(let error):
      self.init(error)
      return
    case .backend(let error): reason = "\(engine.path.printable) cannot be asked: \(error)"
    case .unreadable: reason = "its record is laid out in a way that is not known"
    case .otherRelease(let own, let other):
      reason =
        "was made by wasmtime \(own), and \(engine.path.printable) is wasmtime \(other): name the host's own library "
        + "with --engine"
    case .otherTarget(let own, let other):
      reason = "is for \(own), and \(engine.path.printable) makes code for \(other)"
    }
    self.init(status: .usage, message: "\(sample.printable): \(reason)")
  }
}
