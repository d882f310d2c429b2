internal import LinuxIO
internal import SystemPackage

/// Selects the entries of a directory that the scan goes on with. There is one for each thread, for the sake of its buffers.
struct DirectoryLister {
  private let plan: ScanPlan
  private var selection: EntrySelection

  /// The selected entries of the directory that was listed last, sorted.
  private(set) var list = EntryList()
  /// Problems in any of the directories so far.
  private(set) var problems: [FoundProblem] = []
  /// Names met so far that are roots themselves.
  private(set) var nested: [NestedRoot] = []

  init(_ plan: ScanPlan) {
    self.plan = plan
    selection = EntrySelection(plan.options.selection)
  }

  /// Fills `list`. After an error it holds the entries before the error.
  mutating func list(
    _ directory: borrowing Descriptor, identity: FileIdentity, _ task: DirectoryTask,
    with reader: borrowing DirectoryReader
  ) {
    list.removeAll()
    selection.enter(task.relativePath)
    let fileRoots = plan.fileRoots.isEmpty ? nil : plan.fileRoots[identity]
    do {
      try reader.forEachEntry(of: directory) { name, kind in
        select(name, plan.hooks.ignoresEntryTypes ? .unknown : kind, in: directory, task, fileRoots)
      }
    } catch {
      problems.append(FoundProblem(root: task.root, path: Array(task.pathBytes), reason: .directory(error.errno)))
    }
    list.sort()
  }

  /// Adds an entry to `list` if it has to do with modules.
  private mutating func select(
    _ name: EntryName, _ kind: FileKind, in directory: borrowing Descriptor, _ task: DirectoryTask,
    _ fileRoots: [[UInt8]: Int]?
  ) {
    switch kind {
    case .directory:
      if selection.entersDirectory(name) { list.append(name, .directory) }
    case .symbolicLink where plan.options.followLinks:
      selectLink(name, in: directory, task, fileRoots)
    case .unknown:
      if name.isDots { return }
      // If an entry has vanished or cannot be looked at, the examiner judges it, provided it is named as a module.
      let kind = (try? directory.status(ofEntry: name.start))?.kind ?? .regular
      if kind != .unknown { select(name, kind, in: directory, task, fileRoots) }
    case .regular, .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice:
      guard selection.takesFile(name), !isFileRoot(name, fileRoots, task) else { return }
      switch kind {
      case .regular: list.append(name, .file)
      case .symbolicLink: list.append(name, .link)
      default: report(.notRegular(kind), name, task)
      }
    }
  }

  /// Finds out whether a link is one to a directory, which decides about its name in the order.
  private mutating func selectLink(
    _ name: EntryName, in directory: borrowing Descriptor, _ task: DirectoryTask, _ fileRoots: [[UInt8]: Int]?
  ) {
    let target = Result { () throws(SystemError) in
      try directory.status(ofEntry: name.start, followingLinks: true).kind
    }
    if target == .success(.directory) {
      if selection.entersDirectory(name) { list.append(name, .linkedDirectory) }
    } else if selection.takesFile(name) {
      if !isFileRoot(name, fileRoots, task) { list.append(name, .link) }
    } else if case .failure(let error) = target, error.errno == .permissionDenied,
      selection.entersDirectory(name)
    {
      // It may have been a directory with modules, which the user asked to follow.
      report(.directory(.permissionDenied), name, task)
    }
  }

  private mutating func report(_ reason: ScanProblem.Reason, _ name: EntryName, _ task: DirectoryTask) {
    problems.append(FoundProblem(root: task.root, path: task.path(of: name.bytes), reason: reason))
  }

  /// Whether the entry is a root itself, and so listed there.
  private mutating func isFileRoot(_ name: EntryName, _ fileRoots: [[UInt8]: Int]?, _ task: DirectoryTask) -> Bool {
    guard let inner = fileRoots?[Array(name.bytes)] else { return false }
    nested.append(NestedRoot(outer: task.root, inner: inner))
    return true
  }
}
