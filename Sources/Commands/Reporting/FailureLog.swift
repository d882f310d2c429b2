internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// The failures of a run's jobs, each told once: a bad module is bad with every backend, and a full disk is full for all.
struct FailureLog {
  /// A failure that is about the cache, whatever the module is.
  fileprivate struct Trouble: Hashable {
    let errno: Errno
  }

  /// For each module, how many jobs it has, and how many of them are left.
  private var jobs: [WasmHash: (all: Int, left: Int)] = [:]
  private var failures: [WasmHash: [(outcome: JobOutcome, failure: ModuleFailure)]] = [:]
  /// How many modules could not be stored for a reason that was told before.
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
  /// - Returns: what to tell now: paths, and messages without them.
  mutating func ended(_ outcome: JobOutcome) -> [(path: FilePath, message: String)] {
    let hash = outcome.job.content.facts.hash
    if case .failed(let failure) = outcome.result { failures[hash, default: []].append((outcome, failure)) }
    var count = jobs[hash] ?? (1, 1)
    count.left -= 1
    jobs[hash] = count
    guard count.left <= 0, let failed = failures.removeValue(forKey: hash) else { return [] }
    var messages: [String] = []
    for (outcome, failure) in failed {
      if let trouble = Trouble(failure) {
        if let known = untold[trouble] {
          untold[trouble] = known + 1
          continue
        }
        untold[trouble] = 0
      }
      messages.append(failure.message(alternative: outcome.alternative))
    }
    if failed.count > 1, failed.allSatisfy(\.failure.isTheModules), let first = messages.first {
      messages = ["\(first) (with \(Self.names(failed.map(\.outcome.job.target.name), of: count.all)))"]
    }
    return messages.flatMap { message in outcome.job.content.paths.map { ($0, message) } }
  }

  /// What is left to tell when the run is over.
  mutating func end() -> [String] {
    defer { untold = [:] }
    return untold.filter { $0.value > 0 }.sorted { $0.key.errno.rawValue < $1.key.errno.rawValue }.map {
      trouble, count in
      "\(Quantities.count(count, "more artifact")) could not be stored: \(trouble.errno.reason)"
    }
  }

  private static func names(_ failed: [String], of all: Int) -> String {
    if failed.count < all { return failed.joined(separator: " and ") }
    return all == 2 ? "both backends" : "all \(all) backends"
  }
}

extension FailureLog.Trouble {
  fileprivate init?(_ failure: ModuleFailure) {
    guard case .cache(.io(_, _, let errno)) = failure else { return nil }
    self.errno = errno
  }
}

extension ModuleFailure {
  /// Whether the module is at fault, so that it fails with every backend in the same way.
  fileprivate var isTheModules: Bool { if case .invalid = self { true } else { false } }
}
