internal import LinuxIO
internal import Synchronization

/// When each part of a run happened, for drawing it. Runs that are not drawn keep none.
package final class RunTimings: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    // Parts of the run.
    case engine = "find the engine"
    case scan
    case hash
    case lookUp = "look up"
    case fetch
    case synchronize = "make names durable"
    case upload = "wait for the remote to store"
    case remember
    // Parts of a lane.
    case wait = "wait for another process"
    case await = "wait for the remote"
    /// On a lane of its own: what a store on another machine has given is checked and written.
    case receive = "take from the remote"
    /// On the same lane: a module is given to the remote's workers.
    case handOver = "give to the remote's workers"
    case start = "start a compiler"
    case compile
    case store
    case publish

    /// Whether it happens on the lane of a store on another machine.
    package var isOfRemote: Bool { self == .receive || self == .handOver }

    /// Whether a lane goes on compiling meanwhile.
    package var isBesideCompiling: Bool { self == .publish }
  }

  package struct Span: Sendable {
    package let kind: Kind
    /// Nil for the run as a whole.
    package let lane: Int?
    package let job: Job?
    /// Nanoseconds since the run began.
    package let start: UInt64
    package let end: UInt64

    package init(_ kind: Kind, lane: Int? = nil, job: Job? = nil, start: UInt64, end: UInt64) {
      self.kind = kind
      self.lane = lane
      self.job = job
      self.start = start
      self.end = end
    }

    package var nanoseconds: UInt64 { end - start }
  }

  private let begin = MonotonicInstant.now()
  private let recorded = Mutex<[Span]>([])

  package init() {}

  /// The spans in the order in which they began.
  package var spans: [Span] { recorded.withLock { $0 }.sorted { ($0.start, $0.end) < ($1.start, $1.end) } }

  func record(_ kind: Kind, lane: Int?, job: Job?, from start: MonotonicInstant) {
    let end = MonotonicInstant.now().nanoseconds(since: begin)
    let span = Span(kind, lane: lane, job: job, start: min(start.nanoseconds(since: begin), end), end: end)
    recorded.withLock { $0.append(span) }
  }
}

extension RunTimings? {
  /// Does something and records when.
  func measure<Result: ~Copyable, Failure: Error>(
    _ kind: RunTimings.Kind, lane: Int? = nil, job: Job? = nil, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let timings = self else { return try body() }
    let start = MonotonicInstant.now()
    defer { timings.record(kind, lane: lane, job: job, from: start) }
    return try body()
  }
}
