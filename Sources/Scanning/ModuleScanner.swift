package import LinuxIO
internal import Synchronization
package import SystemPackage

/// Finds every module below the directories that a user names.
///
/// Taken are, below a directory, the regular files named `*.wasm` and the symbolic links of that name to regular files
/// (with what they lead to as their stamp); and whatever regular file is named as a root. Directories are entered
/// whatever their name is, except `.git`, `.hg` and `.svn`. A root that lies inside another one is scanned as a root of
/// its own, so that each file is found once. Nothing but directories is opened.
package struct ModuleScanner: Sendable {
  /// What to leave out, what to enter, and with how many threads.
  package struct Options: Sendable {
    package var excludes: [ExcludePattern]
    /// Also enters directories through symbolic links; each directory is still scanned once, under its real path if it
    /// has one below the roots.
    package var followLinks: Bool
    /// Not entered, whatever they are called: the cache itself. Not even if they are named as roots.
    package var skippedDirectories: Set<FileIdentity>
    /// Tells in the result which directories were listed.
    package var namesDirectories: Bool
    package var jobs: Int

    package init(
      excludes: [ExcludePattern] = [], followLinks: Bool = false, skippedDirectories: Set<FileIdentity> = [],
      namesDirectories: Bool = false, jobs: Int
    ) {
      self.excludes = excludes
      self.followLinks = followLinks
      self.skippedDirectories = skippedDirectories
      self.namesDirectories = namesDirectories
      self.jobs = jobs
    }
  }

  /// Directories of version control systems, which hold no modules that anybody loads.
  static let versionControl: [StaticString] = [".git", ".hg", ".svn"]

  /// Whether a directory of this name is left out wherever it is.
  package static func leavesOut(_ directory: FilePath.Component) -> Bool {
    versionControl.contains { "\($0)" == directory.string }
  }

  private let options: Options
  private let seams: ScanPlan.Seams

  package init(_ options: Options) {
    self.init(options, seams: ScanPlan.Seams())
  }

  init(_ options: Options, seams: ScanPlan.Seams) {
    self.options = options
    self.seams = seams
  }

  /// Scans all roots. Never fails: what cannot be scanned is in the problems of the result.
  package func scan(_ roots: [FilePath]) -> ScanResult {
    let survey = RootSurvey(roots)
    var plan = ScanPlan(options: options, seams: seams, walls: survey.walls, claims: survey.claims)
    var table = ScanTable(survey)
    walk(survey.starts, plan, into: &table)
    if options.followLinks {
      var links = LinkFollower(survey)
      while case let starts = links.next(in: &table), !starts.isEmpty {
        plan.walls = links.visited
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
  private func walk(_ starts: [DirectoryTask], _ plan: ScanPlan, into table: inout ScanTable) {
    if starts.isEmpty { return }
    let queue = ScanQueue(starts.reversed().map { .list($0) }, firstID: table.directories.count)
    // To start a thread takes longer than to list a small directory.
    let findings = Mutex([ScanWorker(plan, queue).runAlone()])
    let spread = ProcessorSpread()
    // The calling thread is one of them, so a directory or two are done before another one has even started.
    if queue.pending > 0 {
      Threads.run(options.jobs) { _ in
        spread.run {
          let found = ScanWorker(plan, queue).run()
          findings.withLock { $0.append(found) }
        }
      }
    }
    table.add(findings.withLock { $0 }, count: queue.idCount)
  }
}
