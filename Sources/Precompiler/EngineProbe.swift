package import Confinement
internal import LinuxIO
package import WasmEngine

/// Finds out in a child what an engine really offers.
///
/// A setting is never trusted: some releases abort the process on an unknown target, and releases whose C API has no
/// Winch compile with Cranelift instead and say nothing. So the engine is asked for a compatibility record, and equal
/// records for two backends mean that one of them is not there.
package struct EngineProbe {
  private let program: WorkerProgram
  private let policy: ConfinementPolicy
  private let engine: EngineFile
  private let cancellation: Cancellation
  /// How many threads a parallel compilation of the child may use.
  var threads = 1
  /// Is given the child that told of all the settings, which can compile with them.
  var keepChild: (CompileWorker) -> Void = { _ in }
  private static let secondsPerProbe = 30.0

  package init(
    _ engine: EngineFile, program: WorkerProgram, policy: ConfinementPolicy, cancellation: Cancellation
  ) {
    self.engine = engine
    self.program = program
    self.policy = policy
    self.cancellation = cancellation
  }

  /// The identity that each of the settings has with this engine, in the same order.
  ///
  /// - Parameter confined: told how the child that was asked was confined.
  package func identify(
    _ settings: [EngineSettings], confined: (Confinement) -> Void = { _ in }
  ) throws(EngineUnusable) -> [Result<EngineIdentity, BackendUnavailable>] {
    let build: [UInt8]
    do { build = try engine.build() } catch { throw .unreadable(engine.location, reason: error.description) }
    var wanted = settings
    for one in settings where one.backend == .winch && !wanted.contains(one.impostor) { wanted.append(one.impostor) }
    let records = try ask(wanted, confined, keeping: keepChild)
    var known: [EngineSettings: CompatibilityRecord] = [:]
    for (one, record) in zip(wanted, records) { known[one] = try? record.get() }
    return zip(settings, records).map { one, record in
      record.flatMap { found in
        if one.backend == .winch {
          guard let impostor = known[one.impostor] else {
            return .failure(.refused("it cannot be told from cranelift, which this engine does not make"))
          }
          if impostor == found { return .failure(.silentlyAnother(.cranelift)) }
        }
        return .success(EngineIdentity(settings: one, compatibility: found, libraryBuild: build))
      }
    }
  }

  /// All in one child; if that dies, each in its own, to learn which of them it was.
  private func ask(
    _ settings: [EngineSettings], _ confined: (Confinement) -> Void,
    keeping keepChild: (CompileWorker) -> Void = { _ in }
  ) throws(EngineUnusable) -> [Result<CompatibilityRecord, BackendUnavailable>] {
    do {
      let worker = try CompileWorker.start(program, policy, cancellation: cancellation)
      let (records, confinement) = try worker.prepare(
        engine, settings: settings, threads: threads, deadline: .now().adding(seconds: Self.secondsPerProbe))
      confined(confinement)
      var results: [Result<CompatibilityRecord, BackendUnavailable>] = []
      for record in records {
        switch record {
        case .success(let record): results.append(.success(record))
        case .failure(.cannotLoad(let reason)): throw EngineUnusable.cannotLoad(engine.location, reason: reason)
        case .failure(.notWasmtime(let function)):
          throw EngineUnusable.notWasmtime(engine.location, missingFunction: function)
        case .failure(.unsupportedSettings(let reason)), .failure(.invalidModule(let reason)),
          .failure(.cannotSerialize(let reason)):
          results.append(.failure(.refused(reason)))
        case .failure(.componentsUnsupported): results.append(.failure(.refused("it cannot compile the empty module")))
        }
      }
      keepChild(worker)
      return results
    } catch let error as EngineUnusable {
      throw error
    } catch let failure as WorkerFailure {
      switch failure {
      case .crashed where settings.count > 1, .timedOut where settings.count > 1:
        var results: [Result<CompatibilityRecord, BackendUnavailable>] = []
        for one in settings { results += try ask([one], confined) }
        return results
      case .crashed(let how, let output): return settings.map { _ in .failure(.crashes(output ?? how)) }
      case .timedOut:
        return settings.map { _ in .failure(.refused("it did not answer in \(Int(Self.secondsPerProbe)) s")) }
      case .exhausted: return settings.map { _ in .failure(.refused("it needs more memory than --max-memory allows")) }
      case .unconfined(let missing): throw .unconfined(missing: missing)
      case .cancelled: throw .cancelled
      case .cannotStart(let reason), .nonsense(let reason): throw .noChild(reason: reason)
      case .engine(let error): throw .noChild(reason: "\(error)")
      }
    } catch {
      throw .noChild(reason: "\(error)")
    }
  }
}

extension EngineSettings {
  /// What a release without Winch compiles with instead.
  fileprivate var impostor: EngineSettings { EngineSettings(backend: .cranelift, optimization: .speed, cpu: cpu) }
}

/// Why an engine cannot be used at all.
package enum EngineUnusable: Error, Hashable, Sendable {
  case unreadable(EngineLocation, reason: String)
  case cannotLoad(EngineLocation, reason: String)
  case notWasmtime(EngineLocation, missingFunction: String)
  /// It offers no backend.
  case noBackend(EngineLocation)
  /// The kernel cannot confine the child as required.
  case unconfined(missing: [String])
  /// No child process could be started to ask it.
  case noChild(reason: String)
  case cancelled
}

/// Why an engine does not offer a backend.
package enum BackendUnavailable: Error, Hashable, Sendable {
  /// The engine compiles with another backend and says nothing.
  case silentlyAnother(Backend)
  /// Asking for it ends the process; the engine's last words.
  case crashes(String)
  /// The engine's reason.
  case refused(String)
}

extension BackendUnavailable: CustomStringConvertible {
  package var description: String {
    switch self {
    case .silentlyAnother(let backend): "this release would silently compile with \(backend.rawValue) instead"
    case .crashes(let words): "this release aborts when asked for it: \(words)"
    case .refused(let reason): reason
    }
  }
}
