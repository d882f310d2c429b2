internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Learns the stamps of listed files, and what is wrong with those that are no modules.
struct FileExaminer {
  private let task: DirectoryTask
  private(set) var problems: [FoundProblem] = []
  /// Whether it has turned out that nothing in the directory can be looked at.
  private var isUnsearchable = false

  init(_ task: DirectoryTask) {
    self.task = task
  }

  /// Examines those of `entries` that are no directories, in their order. `names` holds their names.
  mutating func examine(
    _ entries: ArraySlice<ListedEntry>, names: [UInt8], in directory: borrowing OpenDirectory
  ) -> [FileEntry] {
    guard !entries.isEmpty else { return [] }
    var files: [FileEntry] = []
    files.reserveCapacity(entries.count)
    var status = stat()
    names.withUnsafeBytes { names in
      guard let names = names.bindMemory(to: CChar.self).baseAddress else { return }
      for entry in entries where !entry.isDirectory {
        let name = names + Int(entry.nameStart)
        guard look(at: name, entry, in: directory, into: &status) else {
          if isUnsearchable { return }
          continue
        }
        switch FileKind(mode: status.st_mode) {
        case .regular:
          files.append(FileEntry(stamp: FileStamp(status), nameStart: entry.nameStart, nameLength: entry.nameLength))
        // A link that is not to be followed, or put there since the listing.
        case .directory: break
        case let kind: report(.notRegular(kind), name)
        }
      }
    }
    return files
  }

  /// Fills `status` with what a name stands for, at the end of links; false, with any problem reported, if that cannot
  /// be had.
  private mutating func look(
    at name: UnsafePointer<CChar>, _ entry: ListedEntry, in directory: borrowing OpenDirectory, into status: inout stat
  ) -> Bool {
    // The directory's NUL makes room for the slash, but the path needs one again.
    if task.path.count + Int(entry.nameLength) + 1 > ScanPlan.longestPath {
      report(.module(.fileNameTooLong), name)
      return false
    }
    if entry.kind == .link { return follow(name, in: directory, into: &status) }
    switch directory.examine(name, followingLink: false, into: &status) {
    case nil: return FileKind(mode: status.st_mode) != .symbolicLink || follow(name, in: directory, into: &status)
    // A file that is gone needs no precompiling.
    case .noSuchFileOrDirectory?: break
    case .permissionDenied?: reportUnsearchable()
    case let error?: report(.module(error), name)
    }
    return false
  }

  /// Fills `status` with what a link leads to; false, with the problem reported, if it leads to nothing.
  private mutating func follow(
    _ name: UnsafePointer<CChar>, in directory: borrowing OpenDirectory, into status: inout stat
  ) -> Bool {
    guard let error = directory.examine(name, followingLink: true, into: &status) else { return true }
    switch directory.examine(name, followingLink: false, into: &status) {
    // The same error comes when the link itself has vanished, which is no problem.
    case .noSuchFileOrDirectory?: break
    case .permissionDenied?: reportUnsearchable()
    default:
      let leadsNowhere = error == .noSuchFileOrDirectory || error == .notDirectory
      report(leadsNowhere ? .danglingLink : .module(error), name)
    }
    return false
  }

  /// Reports that it is the directory that may not be looked into, which is the same for every file in it.
  private mutating func reportUnsearchable() {
    isUnsearchable = true
    problems.append(FoundProblem(root: task.root, path: Array(task.pathBytes), reason: .directory(.permissionDenied)))
  }

  private mutating func report(_ reason: ScanProblem.Reason, _ name: UnsafePointer<CChar>) {
    let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
    problems.append(FoundProblem(root: task.root, path: task.path(of: bytes), reason: reason))
  }
}
