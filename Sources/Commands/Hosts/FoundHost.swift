internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmEngine
internal import WasmtimeToolchain

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
