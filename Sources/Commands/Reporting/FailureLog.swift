internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// The failures of a run's jobs, each told once: a bad module is bad with every backend, a full disk is full for all, and where
/// no compiler can be started, none can be for any.
struct FailureLog {
  /// A failure that is about something else than the module.
  fileprivate enum Trouble: Hashable {
    case cache(Errno)
    /// - Parameter reason: why no compiler could be started.
    case noCompiler(reason: String)
  }

  /// For each module, how many jobs it has, and how many of them are left.
  private var jobs: [WasmHash: (all: Int, left: Int)] = [:]
  private var failures: [WasmHash: [(outcome: JobOutcome, failure: ModuleFailure)]] = [:]
  /// How many more artifacts were not made or stored for a reason that was told before.
  private var untold: [Trouble: Int] = [:]

  mutating func begin(_ plan: Plan) {
    jobs = [:]
    for job in plan.jobs {
      let hash = job.content.facts.hash
      let count = (jobs[hash]?.all ?? 0) + 1
      jobs[hash] = (count, count)
    }
  }

  /// Takes a job's outcome.
  ///
  /// - Returns: what to tell now: paths, and messages without them. What is about all modules has no path.
  mutating func ended(_ outcome: JobOutcome) -> [(path: FilePath?, message: String)] {
    let hash = outcome.job.content.facts.hash
    if case .failed(let failure) = outcome.result { failures[hash, default: []].append((outcome, failure)) }
    var count = jobs[hash] ?? (1, 1)
    count.left -= 1
    jobs[hash] = count
    guard count.left <= 0, let failed = failures.removeValue(forKey: hash) else { return [] }
    var messages: [String] = []
    var general: [String] = []
    for (outcome, failure) in failed {
      if let trouble = Trouble(failure) {
        if let known = untold[trouble] {
          untold[trouble] = known + 1
          continue
        }
        untold[trouble] = 0
        if case .noCompiler = trouble {
          general.append(trouble.message)
          continue
        }
      }
      messages.append(failure.message(alternative: outcome.alternative))
    }
    if failed.count > 1, failed.allSatisfy(\.failure.isTheModules), let first = messages.first {
      messages = ["\(first) (with \(Self.names(failed.map(\.outcome.job.target.name), of: count.all)))"]
    }
    return general.map { (nil, $0) } + messages.flatMap { message in outcome.job.content.paths.map { ($0, message) } }
  }

  /// What is left to tell when the run is over.
  mutating func end() -> [String] {
    defer { untold = [:] }
    return untold.compactMap { trouble, count in
      // The summary says how many modules had no compiler.
      guard case .cache = trouble, count > 0 else { return nil }
      return "\(Quantities.count(count, "more artifact")) could not be stored: \(trouble.message)"
    }.sorted()
  }

  private static func names(_ failed: [String], of all: Int) -> String {
    if failed.count < all { return failed.joined(separator: " and ") }
    return all == 2 ? "both backends" : "all \(all) backends"
  }
}

extension FailureLog.Trouble {
  fileprivate init?(_ failure: ModuleFailure) {
    switch failure {
    case .cache(.io(_, _, let errno)): self = .cache(errno)
    case .compilerNotStarted(let reason): self = .noCompiler(reason: reason)
    default: return nil
    }
  }

  var message: String {
    switch self {
    case .cache(let errno): errno.reason
    case .noCompiler(let reason): RunFailure(CompilerUnusable.notStarted(reason: reason)).message
    }
  }
}

extension ModuleFailure {
  /// Whether the module is at fault, so that it fails with every backend in the same way.
  fileprivate var isTheModules: Bool { if case .invalid = self { true } else { false } }
}
