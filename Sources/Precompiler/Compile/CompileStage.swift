internal import LinuxIO
internal import WasmCache

/// The stages *compile* and *store*: a plan's jobs on concurrent lanes, and what another machine has beside them.
struct CompileStage {
  private let work: LaneWork
  private let publisher: Publisher
  private let targets: [CompileTarget]

  /// Makes the targets of the jobs ready to be written to.
  init(_ work: LaneWork, _ targets: [CompileTarget], storingIn cache: CacheDirectory) throws(CacheError) {
    self.work = work
    self.targets = targets
    publisher = try Publisher(cache, signer: work.signer, unless: { work.cancellation.isCancelled })
    for target in targets { try target.openWriter(publisher, beside: targets) }
  }

  /// Does everything, and returns when all of it is stored or has failed.
  ///
  /// - Parameter compiles: whether what no other machine has is compiled.
  func run(compiles: Bool) throws(PrecompileError) -> [JobOutcome] {
    defer {
      work.waitForSessions()
      for target in targets { target.closeWriter() }
    }
    let lanes = compiles ? min(work.policy.lanes, max(1, work.queue.leftOver.count)) : 0
    let intake = work.remote.map { RemoteIntake(work, $0, lane: lanes, executes: compiles) }
    intake?.ask()
    if compiles {
      Threads.run(lanes) { CompileLane(work, number: $0).run() }
    } else {
      work.timings.measure(.fetch) { work.queue.waitForAllAnswers() }
    }
    intake?.finish()
    do throws(CacheError) {
      // Objects before the entries that name them.
      try work.timings.measure(.synchronize) { () throws(CacheError) in
        try publisher.synchronize()
        for target in targets { try target.writer?.synchronize() }
      }
    } catch {
      throw .cache(error)
    }
    let missing = work.missingConfinement
    if !missing.isEmpty { throw .compilerUnusable(.unconfined(missing: missing)) }
    if let remote = work.remote { work.timings.measure(.upload) { remote.finish() } }
    return compiles ? work.allOutcomes : work.endedOutcomes
  }
}
