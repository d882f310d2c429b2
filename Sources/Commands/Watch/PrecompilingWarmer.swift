internal import Dispatch
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmEngine
internal import Watching

/// Makes a watcher's batches loadable with the precompiler: each batch is a run of its own over the files that changed,
/// with children that wait from one run to the next.
final class PrecompilingWarmer: Warmer {
  private let request: PrecompileRequest
  private let observer: any WatchReporting
  private let cancellation: Cancellation
  private let queue = DispatchQueue(label: "warming")

  init(_ request: PrecompileRequest, observer: any WatchReporting, cancellation: Cancellation) {
    var request = request
    request.shelf = WorkerShelf()
    self.request = request
    self.observer = observer
    self.cancellation = cancellation
  }

  func warm(_ batch: WarmBatch, completion: @escaping @Sendable ([FilePath: WarmOutcome]) -> Void) {
    queue.async { [self] in completion(outcomes(of: batch)) }
  }

  func cancel() { cancellation.cancel() }

  private func outcomes(of batch: WarmBatch) -> [FilePath: WarmOutcome] {
    let record = BatchRecord(observer)
    var request = request
    request.roots = []
    for change in batch.changes {
      if let early = Self.look(at: change.path) {
        record.note(early, change.path)
      } else {
        request.roots.append(change.path)
      }
    }
    request.isWanted = { job in
      // A newer change of the same file will bring it again. And whoever waits wants something loadable soon: the
      // backends after the first can be made together with what waits.
      !job.content.paths.allSatisfy(batch.isStale) && (job.engine == 0 || !batch.isSomethingWaiting)
    }
    guard !request.roots.isEmpty else { return record.outcomes }
    do {
      _ = try Precompiler(request, observer: record, cancellation: cancellation).run()
    } catch {
      let message = RunFailure(error).message
      for path in request.roots { record.note(.failed(message), path) }
    }
    return record.outcomes
  }

  /// What is known of a file without its contents; nil if it can be read.
  private static func look(at path: FilePath) -> WarmOutcome? {
    do {
      switch try SettledReader.read(path, content: { (_, _) throws(Never) in }) {
      case .ready: return nil
      case .busy: return .busy
      case .gone: return .gone
      case .notRegular: return .failed("is not a regular file")
      }
    } catch {
      // The precompiler finds out more exactly what is wrong, and says it.
      return nil
    }
  }
}

/// Collects what became of each path of one batch, and passes on what happens to whoever shows it.
private final class BatchRecord: RunObserver {
  private let observer: any WatchReporting
  private let known = Mutex<[FilePath: WarmOutcome]>([:])

  init(_ observer: any WatchReporting) { self.observer = observer }

  var outcomes: [FilePath: WarmOutcome] { known.withLock { $0 } }

  func note(_ outcome: WarmOutcome, _ path: FilePath) { known.withLock { $0[path] = outcome } }

  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int) {
    observer.prepared(engine: engine, identities: identities, cache: cache, lanes: lanes)
  }

  func noted(_ text: String) { observer.noted(text) }

  func unconfined(missing: [String]) { observer.unconfined(missing: missing) }

  /// There is no warning of a run that a watcher has not been given.
  func warned(_ text: String) {}

  func noticed(_ problem: ScanProblem) {
    // It was there a moment ago.
    note(problem.isMissing ? .gone : .failed(problem.description), problem.path)
  }

  func rejected(_ file: FailedFile) { note(WarmOutcome(file.failure), file.path) }

  func planned(_ plan: Plan) {
    for content in plan.contents { for path in content.paths { note(.unchanged, path) } }
    for job in plan.jobs { for path in job.content.paths { note(.deferred, path) } }
  }

  func began(_ job: Job) {}
  func storing(_ job: Job) {}

  func finished(_ outcome: JobOutcome) {
    for path in outcome.job.content.paths {
      switch outcome.result {
      // What one backend refuses stays refused, whatever the others made of it.
      case .compiled, .foundMeanwhile: known.withLock { if $0[path]?.isRefusal != true { $0[path] = .warmed } }
      case .failed(let failure): note(WarmOutcome(failure), path)
      case .notDone: known.withLock { if $0[path]?.isRefusal != true { $0[path] = .deferred } }
      }
    }
    observer.finished(outcome)
  }
}

extension WarmOutcome {
  fileprivate init(_ failure: ModuleFailure) {
    switch failure {
    case .vanished: self = .gone
    case .changedWhileRead: self = .busy
    // A half-written module is none either, so these wait until the file has been quiet for a while.
    case .notWebAssembly, .invalid: self = .rejected(failure.description)
    default: self = .failed(failure.description)
    }
  }

  fileprivate var isRefusal: Bool {
    switch self {
    case .busy, .rejected, .failed: true
    case .warmed, .unchanged, .gone, .deferred: false
    }
  }
}
