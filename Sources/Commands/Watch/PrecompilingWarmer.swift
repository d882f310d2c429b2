internal import Dispatch
internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import WasmtimeToolchain
internal import Watching

/// Makes a watcher's batches loadable with the precompiler: each batch is a run of its own over the files that changed,
/// with children that wait from one run to the next.
final class PrecompilingWarmer: Warmer {
  private let request: PrecompileRequest
  private let compilers: CompilerChoice
  private let observer: any WatchReporting
  private let cancellation: Cancellation
  private let queue = DispatchQueue(label: "warming")

  init(
    _ request: PrecompileRequest, with compilers: CompilerChoice, observer: any WatchReporting,
    cancellation: Cancellation
  ) {
    var request = request
    request.input.avoidsWriters = true
    // What is loadable is told at once, whether or not it is stored elsewhere yet.
    request.remote?.waits = false
    // Files are remembered under the roots, so that a run and a watcher of the same tree know the same files.
    request.input.rememberedUnder = request.input.roots
    self.request = request
    var compilers = compilers
    compilers.options.idle = IdleChildren()
    self.compilers = compilers
    self.observer = observer
    self.cancellation = cancellation
  }

  func warm(_ batch: WarmBatch, completion: @escaping @Sendable ([FilePath: WarmOutcome]) -> Void) {
    queue.async { [self] in completion(outcomes(of: batch)) }
  }

  func cancel() { cancellation.cancel() }

  private func outcomes(of batch: WarmBatch) -> [FilePath: WarmOutcome] {
    var request = request
    request.input.roots = batch.changes.map(\.path)
    request.work.isWanted = { job in
      // A newer change of the same file will bring it again. And a waiting user wants something loadable soon: the
      // backends after the first can be made together with the changes that wait.
      !job.content.paths.allSatisfy(batch.isStale) && (job.target.order == 0 || !batch.isSomethingWaiting)
    }
    let record = BatchRecord(batch, observer)
    do throws(RunFailure) {
      // The compiler is found anew for each batch: the library may be replaced while it is watched.
      let summary = try compilers.run(request, observer: record, cancellation)
      if EvictionStage(after: summary, limit: request.caches.sizeLimit).run(record) { batch.noteEviction() }
      return record.outcomes(of: summary)
    } catch {
      // Some messages have advice in further lines.
      let lines = error.message.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
      let message = lines.joined(separator: " ")
      return Dictionary(batch.changes.map { ($0.path, .postponed(message)) }) { first, _ in first }
    }
  }
}

/// Finds out the outcome of each path of one batch, and passes on the events to the reporter.
private final class BatchRecord: RunObserver {
  private let batch: WarmBatch
  private let observer: any WatchReporting
  /// The outcomes of paths that gave no module.
  private let refused = Mutex<[FilePath: WarmOutcome]>([:])
  /// What the artifacts are for. The same module for another engine is news.
  private let engines = Mutex("")

  init(_ batch: WarmBatch, _ observer: any WatchReporting) {
    self.batch = batch
    self.observer = observer
  }

  func outcomes(of summary: RunSummary) -> [FilePath: WarmOutcome] {
    // A path that turned into a directory, or is another path's file under a second name, is not reported otherwise.
    var outcomes = Dictionary(batch.changes.map { ($0.path, WarmOutcome.gone) }) { first, _ in first }
    outcomes.merge(refused.withLock { $0 }) { $1 }
    for content in summary.plan.contents {
      for path in content.paths { outcomes[path] = batch.isNew(name(of: content), at: path) ? .warmed : .unchanged }
    }
    for outcome in summary.outcomes {
      for path in outcome.job.content.paths { outcomes[path]?.take(outcome.result) }
    }
    return outcomes
  }

  func record(_ event: RunEvent) {
    switch event {
    case .noticed(let problem):
      // The file was there a moment ago. The target of a link may be about to come, and its change is reported.
      let isGone = problem.isMissing || problem.reason == .danglingLink
      refused.withLock { $0[problem.path] = isGone ? .gone : .failed(problem.message) }
    case .rejected(let file): refused.withLock { $0[file.path] = WarmOutcome(file.failure) }
    case .planned(let plan):
      observer.record(event)
      batch.begin(jobs: plan.jobs.count)
      for file in plan.contents.lazy.flatMap(\.files) { batch.note(file.stamp.identity, at: file.path) }
      for (position, target) in plan.upToDate {
        let content = plan.contents[position]
        let news = content.paths.filter { batch.isNew(name(of: content), at: $0) }
        if !news.isEmpty { observer.found(content, target, at: news) }
        noteLoadable(content)
      }
    case .finished(let outcome):
      switch outcome.result {
      case .compiled, .compiledRemotely, .fetched, .shared, .foundMeanwhile: noteLoadable(outcome.job.content)
      case .failed, .notDone: break
      }
      batch.endJob()
      observer.record(event)
    case .prepared(let preparation):
      let names = preparation.targets.map { " \($0.identity.directoryName)" }.joined()
      engines.withLock { $0 = names }
      observer.record(event)
    case .told, .noted, .unconfined, .warned, .noexec, .lowerCacheTrouble, .remoteTrouble, .awaiting, .began, .storing:
      observer.record(event)
    }
  }

  private func noteLoadable(_ content: ModuleContent) {
    let name = name(of: content)
    for path in content.paths { batch.note(loadable: name, at: path) }
  }

  /// A name for the contents, and for what is made of them.
  private func name(of content: ModuleContent) -> String { content.facts.hash.encode() + engines.withLock { $0 } }
}

extension WarmOutcome {
  fileprivate init(_ failure: ModuleFailure) {
    switch failure {
    case .vanished: self = .gone
    case .changedWhileRead: self = .busy
    // A half-written module is none either, so these wait until the file has been quiet for a while.
    case .notWebAssembly, .invalid, .notARegularFile: self = .rejected(failure.message)
    default: self = failure.liesOutside ? .postponed(failure.message) : .failed(failure.message)
    }
  }

  /// Adds one backend's outcome for a module: a refusal stays, whatever the other backends made of it.
  fileprivate mutating func take(_ result: JobOutcome.Result) {
    switch (self, result) {
    case (_, .failed(let failure)): self = WarmOutcome(failure)
    case (.unchanged, .compiled), (.unchanged, .compiledRemotely), (.unchanged, .fetched), (.unchanged, .shared):
      self = .warmed
    case (.warmed, .notDone), (.unchanged, .notDone): self = .deferred
    default: break
    }
  }
}
