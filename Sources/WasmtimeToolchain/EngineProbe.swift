package import Confinement
internal import LinuxIO
package import Precompiler
package import WasmCache
package import WasmEngine

/// Finds out in a child what an engine really offers.
///
/// A setting is never trusted: some releases abort the process on an unknown target, and releases whose C API has no
/// Winch compile with Cranelift instead and say nothing. So the engine is asked for a compatibility record, and equal
/// records for two backends mean that one of them is not there.
package struct EngineProbe: Sendable {
  private let program: ChildProgram
  private let policy: ConfinementPolicy
  private let engine: EngineFile
  private let cancellation: Cancellation
  /// How many threads a parallel compilation of the child may use.
  var threads = 1
  private static let secondsPerProbe = 30.0

  package init(
    _ engine: EngineFile, program: ChildProgram, policy: ConfinementPolicy, cancellation: Cancellation
  ) {
    self.engine = engine
    self.program = program
    self.policy = policy
    self.cancellation = cancellation
  }

  /// The identity that each of the settings has with this engine.
  package func identify(_ settings: [EngineSettings]) throws(CompilerUnusable) -> EngineAccount {
    let build: [UInt8]
    do { build = try engine.build() } catch { throw .unreadable(engine.location, reason: error.description) }
    var wanted = settings
    for one in settings where one.backend == .winch && !wanted.contains(one.silentSubstitute) {
      wanted.append(one.silentSubstitute)
    }
    let answers = try ask(wanted)
    var known: [EngineSettings: CompatibilityRecord] = [:]
    for (one, record) in zip(wanted, answers.records) { known[one] = try? record.get() }
    let identities = zip(settings, answers.records).map { one, record -> Result<ArtifactIdentity, BackendUnavailable> in
      record.flatMap { found in
        if one.backend == .winch {
          guard let silentSubstitute = known[one.silentSubstitute] else {
            return .failure(.refused("it cannot be told from cranelift, which this engine does not make"))
          }
          if silentSubstitute == found { return .failure(.silentlyAnother(.cranelift)) }
        }
        return .success(ArtifactIdentity(settings: one, compatibility: found, libraryBuild: build))
      }
    }
    return EngineAccount(identities: identities, confinement: answers.confinement, child: answers.child)
  }

  /// Asks whether the engine would load an artifact, with each of some settings.
  package func loads(
    _ artifact: UnsafeRawBufferPointer, with settings: [EngineSettings]
  ) throws(CompilerUnusable) -> [LoadAnswer] {
    guard let kind = ModuleKind(artifact: artifact) else { return settings.map { _ in .refuses("it is no artifact") } }
    // One copy for all of them: none can change it for the next.
    let file = try sealed(artifact)
    var all: [LoadAnswer] = []
    for one in settings { all.append(try loads(file, size: artifact.count, as: kind, with: one)) }
    return all
  }

  private func sealed(_ bytes: UnsafeRawBufferPointer) throws(CompilerUnusable) -> MemoryFile {
    do {
      let file = try MemoryFile(name: "artifact")
      try file.descriptor.write(all: bytes)
      try file.seal()
      return file
    } catch {
      throw .notStarted(reason: "\(error.call): \(error)")
    }
  }

  private func loads(
    _ artifact: borrowing MemoryFile, size: Int, as kind: ModuleKind, with settings: EngineSettings
  ) throws(CompilerUnusable) -> LoadAnswer {
    let answers = try ask([settings])
    if case .failure(let reason) = answers.records[0] { return .unknown("\(reason)") }
    guard let child = answers.child else { return .unknown("no child could be asked") }
    do throws(ChildFailure) {
      let refusal = try child.load(
        artifact, size: size, as: kind, settingsIndex: 0, deadline: .now().adding(seconds: Self.secondsPerProbe))
      return refusal.map { .refuses($0) } ?? .loads
    } catch {
      switch error {
      case .timedOut: return .unknown("the engine did not answer in \(Int(Self.secondsPerProbe)) s")
      case .exhausted: return .unknown("the engine needs more memory for it than is allowed")
      case .crashed(let how, let output): return .refuses("the engine ends when it is asked: \(output ?? how)")
      case .cancelled: throw .cancelled
      default: throw .notStarted(reason: "\(error)")
      }
    }
  }

  /// The record that the engine makes with each of some settings.
  func records(
    of settings: [EngineSettings]
  ) throws(CompilerUnusable) -> [Result<CompatibilityRecord, BackendUnavailable>] {
    var all: [Result<CompatibilityRecord, BackendUnavailable>] = []
    // A child's answer is one message, and a record has about a thousand bytes.
    for start in stride(from: 0, to: settings.count, by: Self.mostAtOnce) {
      all += try ask(Array(settings[start...].prefix(Self.mostAtOnce))).records
    }
    return all
  }

  private static let mostAtOnce = 40

  private struct Answers {
    var records: [Result<CompatibilityRecord, BackendUnavailable>] = []
    var confinement: Confinement?
    var child: CompileChild?
  }

  /// Asks for all settings in one child. If that dies, it asks for each in its own, to learn which of them it was.
  private func ask(_ settings: [EngineSettings]) throws(CompilerUnusable) -> Answers {
    func without(_ reason: BackendUnavailable) -> Answers { Answers(records: settings.map { _ in .failure(reason) }) }
    do {
      let worker = try CompileChild.start(program, policy, cancellation: cancellation)
      let (records, confinement) = try worker.prepare(
        engine, settings: settings, threads: threads, deadline: .now().adding(seconds: Self.secondsPerProbe))
      var answers = Answers(confinement: confinement, child: worker)
      for record in records {
        switch record {
        case .success(let record): answers.records.append(.success(record))
        case .failure(.cannotLoad(let reason)): throw CompilerUnusable.cannotLoad(engine.location, reason: reason)
        case .failure(.notWasmtime(let function)):
          throw CompilerUnusable.notWasmtime(engine.location, missingFunction: function)
        case .failure(.unsupportedSettings(let reason)), .failure(.invalidModule(let reason)),
          .failure(.cannotSerialize(let reason)):
          answers.records.append(.failure(.refused(reason)))
        case .failure(.componentsUnsupported), .failure(.wrongKind):
          answers.records.append(.failure(.refused("it cannot compile the empty module")))
        }
      }
      return answers
    } catch let error as CompilerUnusable {
      throw error
    } catch let failure as ChildFailure {
      switch failure {
      case .crashed where settings.count > 1, .timedOut where settings.count > 1:
        var all = Answers()
        for one in settings {
          let answers = try ask([one])
          all.records += answers.records
          all.confinement = answers.confinement ?? all.confinement
        }
        return all
      case .crashed(let how, let output): return without(.crashes(output ?? how))
      case .timedOut: return without(.refused("it did not answer in \(Int(Self.secondsPerProbe)) s"))
      case .exhausted: return without(.exhausted(memory: policy.limits.memory))
      case .unconfined(let missing): throw .unconfined(missing: missing)
      case .denied(let call): throw .denied(call: call)
      case .cancelled: throw .cancelled
      case .cannotStart(let reason): throw .notStarted(reason: reason)
      case .protocolViolation(let what): throw .protocolViolation(what: what)
      case .systemCallFailed(let reason): throw .protocolViolation(what: "no answer: \(reason)")
      case .engine(let error): throw .protocolViolation(what: "no answer: \(error)")
      }
    } catch {
      throw .notStarted(reason: "\(error)")
    }
  }
}

/// An engine's answer about an artifact.
package enum LoadAnswer: Hashable, Sendable {
  case loads
  /// In the engine's own words.
  case refuses(String)
  /// It could not be asked: there is no engine with these settings, or not enough time or memory.
  case unknown(String)
}

/// An engine's answer about itself.
package struct EngineAccount: Sendable {
  /// The result for each of the settings that it was asked for, in their order.
  package let identities: [Result<ArtifactIdentity, BackendUnavailable>]
  /// How the child that was asked was confined.
  package let confinement: Confinement?
  /// The child that was asked, which can compile with all of the settings; nil if it took several.
  let child: CompileChild?
}

extension EngineSettings {
  /// The settings that a release without Winch compiles with instead.
  fileprivate var silentSubstitute: EngineSettings { with(.cranelift) }
}
