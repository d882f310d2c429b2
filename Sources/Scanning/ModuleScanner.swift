internal import LinuxIO
internal import Synchronization
package import SystemPackage

/// Finds every module below the directories that a user names.
///
/// A ``ModuleSelection`` says which names count. Taken are regular files, and symbolic links to regular files with the stamp
/// of what they lead to. A root that lies inside another one is scanned as a root of its own, so that each file is found
/// once. Nothing but directories is opened.
package struct ModuleScanner: Sendable {
  private let options: ScanOptions
  private let hooks: ScanPlan.TestHooks

  package init(_ options: ScanOptions) {
    self.init(options, hooks: ScanPlan.TestHooks())
  }

  init(_ options: ScanOptions, hooks: ScanPlan.TestHooks) {
    self.options = options
    self.hooks = hooks
  }

  /// Scans all roots. Never fails: what cannot be scanned is in the problems of the result.
  ///
  /// - Parameter meanwhile: something else to do, of which one thread begins with if there is so much to scan that several do it.
  ///   Otherwise it is not done.
  package func scan(_ roots: [FilePath], meanwhile: (@Sendable () -> Void)? = nil) -> ScanResult {
    let survey = RootSurvey(roots)
    var plan = ScanPlan(
      options: options, hooks: hooks, listedElsewhere: survey.directoryRoots, fileRoots: survey.fileRoots)
    var table = ScanTable(survey)
    walk(survey.starts, plan, into: &table, meanwhile)
    if options.followLinks {
      var links = LinkFollower(survey)
      while case let starts = links.next(in: &table), !starts.isEmpty {
        plan.listedElsewhere = links.visited
        walk(starts, plan, into: &table)
      }
    }
    var result = ScanAssembly(survey, table).result
    if options.namesDirectories {
      result.directories = table.directories.compactMap { $0.map { FilePath(bytes: $0.task.pathBytes) } }
    }
    return result
  }

  /// Scans directories and everything below them, on as many threads as there may be.
  private func walk(
    _ starts: [DirectoryTask], _ plan: ScanPlan, into table: inout ScanTable, _ meanwhile: (@Sendable () -> Void)? = nil
  ) {
    if starts.isEmpty { return }
    let queue = ScanQueue(starts.reversed().map { .list($0) }, firstID: table.directories.count)
    // To start a thread takes longer than to list a small directory.
    let findings = Mutex([ScanWorker(plan, queue).runAlone()])
    let spread = ProcessorSpread()
    // The calling thread is one of them, so a directory or two are done before another one has even started.
    if queue.pending > 0 {
      Threads.run(options.jobs) { number in
        spread.run {
          if number == 1 { meanwhile?() }
          let found = ScanWorker(plan, queue).run()
          findings.withLock { $0.append(found) }
        }
      }
    }
    table.add(findings.withLock { $0 }, count: queue.idCount)
  }
}
