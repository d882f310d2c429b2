internal import Dispatch
internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// Publishes a lane's artifacts in order on a thread of its own, so that syncing to disk overlaps with compiling.
///
/// Whatever waits when the thread gets to it is published together: all of it is written before the first is synced, so that
/// one commit of the file system's journal serves the rest, too. Small modules are compiled faster than a disk syncs.
final class PublishingQueue: Sendable {
  private let work: CompileWork
  private let lane: Int
  private let thread = SerialThread()
  private let waiting = Mutex<[Parcel]>([])
  /// For two large artifacts, or many small ones, which bounds the memory that they hold.
  private let room = DispatchSemaphore(value: 2 * Parcel.largestWeight)

  init(_ work: CompileWork, lane: Int) {
    self.work = work
    self.lane = lane
  }

  /// Waits for room, not for the disk.
  func publish(_ artifact: consuming CompiledArtifact, claim: consuming Claim?, for job: Job) {
    let parcel = Parcel(job, artifact, claim)
    for _ in 0..<parcel.weight { room.wait() }
    let isFirst = waiting.withLock { waiting in
      waiting.append(parcel)
      return waiting.count == 1
    }
    if isFirst { thread.run { self.publishAllThatWait() } }
  }

  /// Waits until everything is published; nothing may come after that.
  func finish() { thread.finish() }

  private func publishAllThatWait() {
    while true {
      let parcels = waiting.withLock { waiting in
        let next = Array(waiting.prefix(work.largestBatch))
        waiting.removeFirst(next.count)
        return next
      }
      if parcels.isEmpty { return }
      publish(parcels)
    }
  }

  private func publish(_ parcels: [Parcel]) {
    let written = parcels.map { parcel in
      Result { () throws(CacheError) in
        try work.timings.measure(.store, lane: lane, job: parcel.job) { () throws(CacheError) in
          try work.writers[parcel.job.engine].write(parcel.artifact.contents.bytes)
        }
      }
    }
    for (parcel, artifact) in zip(parcels, written) {
      let job = parcel.job
      do throws(CacheError) {
        let artifact = try artifact.get()
        try work.timings.measure(.publish, lane: lane, job: job) { () throws(CacheError) in
          try work.writers[job.engine].publish(artifact, for: job.content.facts.hash)
        }
        work.finish(job, .compiled(size: artifact.size, nanoseconds: parcel.artifact.nanoseconds))
      } catch {
        work.finish(job, .failed(.cache(error)))
      }
      for _ in 0..<parcel.weight { room.signal() }
    }
  }
}

/// An artifact on its way into the cache. A class, because closures and arrays take no single owners.
private final class Parcel: Sendable {
  let job: Job
  let artifact: CompiledArtifact
  private let claim: Claim?

  init(_ job: Job, _ artifact: consuming CompiledArtifact, _ claim: consuming Claim?) {
    self.job = job
    self.artifact = artifact
    self.claim = claim
  }

  /// How much room it takes: a unit for each quarter of a megabyte.
  var weight: Int { min(Self.largestWeight, 1 + artifact.contents.bytes.count >> 18) }

  static let largestWeight = 16
}
