internal import LinuxIO
internal import WasmCache

/// The stages *compile* and *store*: a plan's jobs on concurrent lanes.
struct CompileStage {
  private let work: LaneWork
  private let publisher: Publisher
  private let targets: [CompileTarget]

  /// Makes the targets of the jobs ready to be written to.
  init(_ work: LaneWork, _ targets: [CompileTarget], storingIn cache: CacheDirectory) throws(CacheError) {
    self.work = work
    self.targets = targets
    publisher = try Publisher(cache, signer: work.signer, unless: { work.cancellation.isCancelled })
    for target in targets { try target.openWriter(publisher) }
  }

  /// Compiles everything, and returns when all of it is stored or has failed.
  func run() throws(PrecompileError) -> [JobOutcome] {
    defer {
      work.waitForSessions()
      for target in targets { target.closeWriter() }
    }
    Threads.run(min(work.policy.lanes, max(1, work.queue.leftOver.count))) { CompileLane(work, number: $0).run() }
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
    return work.allOutcomes
  }
}
