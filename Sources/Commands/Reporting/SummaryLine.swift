internal import Precompiler
internal import WasmCache

extension RunSummary {
  /// Whether the targets differ in nothing but the backend.
  private var areForOneHost: Bool { Set(targets.map(\.identity.backend)).count == targets.count }

  /// `65 modules: 60 compiled, 4 up to date, 1 failed (9.6 MB → 17.4 MB in 2.41 s)`
  var line: String { line(unwritten: 0, remade: 0) }

  /// - Parameters:
  ///   - unwritten: how many files for build tools could not be written.
  ///   - remade: how many artifacts that the cache seemed to have were compiled again.
  func line(unwritten: Int, remade: Int) -> String {
    let failures = failures + (unwritten > 0 ? ", \(Quantities.count(unwritten, "file")) not written" : "")
    let modules =
      Quantities.count(plan.contents.count, "module")
      + (targets.count > 1 ? " with \(targets.count) \(areForOneHost ? "backends" : "targets")" : "")
    let time = Quantities.duration(nanoseconds: nanoseconds)
    if isDryRun {
      return "\(modules): \(plan.jobs.count) to compile, \(upToDate) up to date" + lower + failures + " (\(time))"
    }
    if purpose == .frozen && isWanting {
      return "\(modules): \(lacking.count) missing, \(others)\(upToDate) up to date" + lower + failures + " (\(time))"
    }
    if plan.jobs.isEmpty && !hasFailures && remade == 0 {
      if plan.contents.isEmpty { return modules + failures }
      return unwritten > 0
        ? "\(modules): nothing to compile\(lower)\(failures) (\(time))"
        : "\(modules): nothing to compile, all up to date\(lower) (\(time))"
    }
    let sizes = compiledBytes
    let amounts =
      compiled + compiledRemotely > 0
      ? "\(Quantities.bytes(sizes.modules)) \(Glyphs.arrow) \(Quantities.bytes(sizes.artifacts)) in \(time)" : time
    let (compiled, upToDate) = (compiled + remade, upToDate - remade)
    return "\(modules): \(compiled) compiled, \(others)\(upToDate) up to date" + lower + failures + " (\(amounts))"
  }

  /// `8 compiled on grpc://cache:8980, 12 fetched from grpc://cache:8980, `, or nothing.
  private var others: String {
    let name = remote?.name.printable ?? ""
    return (compiledRemotely > 0 ? "\(compiledRemotely) compiled on \(name), " : "")
      + (fetched > 0 ? "\(fetched) fetched from \(name), " : "")
      + (shared > 0 ? "\(shared) shared, " : "")
  }

  /// How many of the artifacts that are up to date lower caches have, and how many they have in vain.
  private var lower: String {
    (plan.fromLowerCaches > 0 ? " (\(plan.fromLowerCaches) in lower caches)" : "")
      + (refused > 0 ? ", \(refused) without a trusted signature" : "")
  }

  private var failures: String {
    let counts = [
      failed > 0 ? "\(failedModules) failed" : nil,
      remote.flatMap { $0.errors > 0 ? Quantities.count($0.errors, "error") + " of \($0.name.printable)" : nil },
      remote.flatMap { $0.notStored > 0 ? "\($0.notStored) not stored there" : nil },
      notModules > 0 ? Quantities.count(notModules, "file is no module", "files are no modules") : nil,
      unreadable > 0 ? "\(unreadable) unreadable" : nil, notDone > 0 ? "\(notDone) not begun" : nil,
    ]
    // Joined by hand: what the library has for it takes the runtime a tenth of a millisecond to look up.
    return counts.reduce(into: "") { text, count in if let count { text += ", " + count } }
  }
}

/// A job as a key.
struct JobName: Hashable {
  private let module: WasmHash
  private let target: ObjectIdentifier

  init(_ job: Job) {
    module = job.content.facts.hash
    target = ObjectIdentifier(job.target)
  }

  /// Why each job is done, for users who want to know.
  static func causes(of jobs: [Job]) -> [JobName: String] {
    Dictionary(jobs.map { (JobName($0), $0.target.cause(of: $0.content, $0.reason)) }) { first, _ in first }
  }
}
