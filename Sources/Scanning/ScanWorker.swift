internal import LinuxIO
internal import SystemPackage

/// One thread of a scan: takes directories from the queue, lists them and examines their files.
struct ScanWorker: ~Copyable {
  private let plan: ScanPlan
  private let queue: ScanQueue
  private let reader = DirectoryReader()
  private var lister: DirectoryLister
  private var found = ScanFindings()

  init(_ plan: ScanPlan, _ queue: ScanQueue) {
    self.plan = plan
    self.queue = queue
    lister = DirectoryLister(plan)
  }

  /// Works until nothing is left, and returns the findings.
  consuming func run() -> ScanFindings {
    while let work = queue.next(), step(consume work) {}
    return findings
  }

  /// Works as long as there is no more to do at a time than one thread can.
  consuming func runAlone() -> ScanFindings {
    while queue.pending == 1, let work = queue.next(), step(consume work) {}
    return findings
  }

  /// - Returns: whether to go on.
  private mutating func step(_ work: consuming ScanWork) -> Bool {
    do throws(OutOfDescriptors) {
      // Given away, because it may hold a descriptor, which has to be closed by the time that the queue calls it finished.
      queue.finish(adding: try perform(consume work))
    } catch {
      switch queue.postpone(.list(error.task)) {
      case .leave: return false
      case .goOn: break
      case .alone: queue.finish(adding: performAlone(error.task))
      }
    }
    return true
  }

  /// Does a piece of work, and returns the work that it leads to.
  private mutating func perform(_ work: consuming ScanWork) throws(OutOfDescriptors) -> [ScanWork] {
    switch work {
    case .list(let task): return try scan(task)
    case .examine(let listing, let range):
      let files = examine(listing.entries[range], names: listing.names, in: listing.directory, listing.task)
      found.runs.append(FileRun(directory: listing.task.id, first: range.lowerBound, files: files))
      return []
    }
  }

  /// Scans a directory while no other thread holds a descriptor; if there is none even so, that ends the scan.
  private mutating func performAlone(_ task: DirectoryTask) -> [ScanWork] {
    do throws(OutOfDescriptors) {
      return try scan(task)
    } catch {
      report(.outOfDescriptors(error.errno), task)
      queue.abandon()
      return []
    }
  }

  private var findings: ScanFindings {
    var all = found
    all.problems += lister.problems
    all.nested += lister.nested
    return all
  }

  /// Scans one directory, and returns the work that it leads to.
  private mutating func scan(_ task: DirectoryTask) throws(OutOfDescriptors) -> [ScanWork] {
    guard let directory = try open(task), let identity = admit(directory, task) else { return [] }
    lister.list(directory, identity: identity, task, with: reader)
    plan.hooks.listed?(FilePath(bytes: task.pathBytes))
    let (children, tasks) = childrenOfListed(task)
    let entries = lister.list.entries
    // A copy of the size needed, so that the lister keeps its own, which is as large as the largest directory.
    let names = lister.list.names.withUnsafeBytes { Array($0) }
    var listed = ListedDirectory(task: task, identity: identity, names: names, files: [], children: children)
    defer { found.directories.append(listed) }
    guard plan.options.jobs > 1, entries.count - children.count > plan.hooks.splitAbove else {
      listed.files = examine(entries[...], names: names, in: directory, task)
      return tasks
    }
    let listing = SharedListing(directory, task, names: names, entries: entries)
    return tasks + listing.shares(of: plan.hooks.share).map { .examine(listing, $0) }
  }

  /// Nil, with the problem reported, if it cannot be opened.
  private mutating func open(_ task: DirectoryTask) throws(OutOfDescriptors) -> Descriptor? {
    do {
      return try Descriptor.openDirectory(TerminatedPath(task.path), followingLinks: task.isStart)
    } catch {
      switch error.errno {
      case .tooManyOpenFiles, .tooManyOpenFilesInSystem: throw OutOfDescriptors(errno: error.errno, task: task)
      // It was there when its parent was listed: gone, or no directory any more, which the next scan will see.
      case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: if task.isStart { fallthrough }
      default: report(.directory(error.errno), task)
      }
      return nil
    }
  }

  /// Nil if the directory is not for this scan, or is scanned under another root.
  private mutating func admit(_ directory: borrowing Descriptor, _ task: DirectoryTask) -> FileIdentity? {
    do {
      let identity = try directory.statusMeetingFileSystem().stamp.identity
      if plan.options.selection.skippedDirectories.contains(identity) { return nil }
      if !task.isStart, let inner = plan.listedElsewhere[identity] {
        found.nested.append(NestedRoot(outer: task.root, inner: inner))
        return nil
      }
      return identity
    } catch {
      report(.directory(error.errno), task)
      return nil
    }
  }

  /// The directories in the one listed last, and what there is to do for them.
  private func childrenOfListed(_ task: DirectoryTask) -> ([ListedDirectory.Child], [ScanWork]) {
    let list = lister.list
    let count = list.entries.count { $0.kind == .directory }
    var id = count == 0 ? 0 : queue.reserveIDs(count)
    var children: [ListedDirectory.Child] = []
    var tasks: [ScanWork] = []
    for entry in list.entries where entry.isDirectory {
      // Links are followed when everything that is reached without them is known.
      let isLink = entry.kind == .linkedDirectory
      children.append(.init(nameStart: entry.nameStart, nameLength: entry.nameLength, id: isLink ? nil : id))
      if isLink { continue }
      let start = Int(entry.nameStart)
      let name = list.names[start..<start + Int(entry.nameLength) - 1]
      tasks.append(.list(task.child(name, id: id, isStart: false)))
      id += 1
    }
    return (children, tasks)
  }

  private mutating func examine(
    _ entries: ArraySlice<ListedEntry>, names: [UInt8], in directory: borrowing Descriptor, _ task: DirectoryTask
  ) -> [FileEntry] {
    var examiner = FileExaminer(task)
    let files = examiner.examine(entries, names: names, in: directory)
    found.problems += examiner.problems
    return files
  }

  private mutating func report(_ reason: ScanProblem.Reason, _ task: DirectoryTask) {
    found.problems.append(FoundProblem(root: task.root, path: Array(task.pathBytes), reason: reason))
  }
}

/// That no descriptor is left for another directory.
private struct OutOfDescriptors: Error {
  let errno: Errno
  let task: DirectoryTask
}
