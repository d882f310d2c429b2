internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Learns the stamps of listed files, and the trouble with names that are no modules.
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
    _ entries: ArraySlice<ListedEntry>, names: [UInt8], in directory: borrowing Descriptor
  ) -> [FileEntry] {
    guard !entries.isEmpty else { return [] }
    var files: [FileEntry] = []
    files.reserveCapacity(entries.count)
    names.withUnsafeBytes { names in
      guard let names = names.bindMemory(to: CChar.self).baseAddress else { return }
      for entry in entries where !entry.isDirectory {
        let name = names + Int(entry.nameStart)
        guard let stamp = stamp(of: name, entry, in: directory) else {
          if isUnsearchable { return }
          continue
        }
        switch stamp.kind {
        case .regular:
          files.append(FileEntry(stamp: stamp, nameStart: entry.nameStart, nameLength: entry.nameLength))
        // A link that is not to be followed, or put there since the listing.
        case .directory: break
        case let kind: report(.notRegular(kind), name)
        }
      }
    }
    return files
  }

  /// The file that a name stands for, at the end of links; nil, with any problem reported, if there is none.
  private mutating func stamp(
    of name: UnsafePointer<CChar>, _ entry: ListedEntry, in directory: borrowing Descriptor
  ) -> FileStamp? {
    // The directory's NUL makes room for the slash, but the path needs one again.
    if task.path.count + Int(entry.nameLength) + 1 > ScanPlan.longestPath {
      report(.module(.fileNameTooLong), name)
      return nil
    }
    if entry.kind == .link { return target(of: name, in: directory) }
    do {
      let stamp = try directory.status(ofEntry: name).stamp
      return stamp.kind == .symbolicLink ? target(of: name, in: directory) : stamp
    } catch {
      switch error.errno {
      // A file that is gone needs no precompiling.
      case .noSuchFileOrDirectory: break
      case .permissionDenied: reportUnsearchable()
      case let error: report(.module(error), name)
      }
      return nil
    }
  }

  /// The file that a link leads to; nil, with the problem reported, if it leads to nothing.
  private mutating func target(of link: UnsafePointer<CChar>, in directory: borrowing Descriptor) -> FileStamp? {
    let failure: Errno
    do { return try directory.status(ofEntry: link, followingLinks: true).stamp } catch { failure = error.errno }
    do { _ = try directory.status(ofEntry: link) } catch {
      switch error.errno {
      // The same failure comes when the link itself has vanished, which is no problem.
      case .noSuchFileOrDirectory: return nil
      case .permissionDenied:
        reportUnsearchable()
        return nil
      default: break
      }
    }
    let leadsNowhere = failure == .noSuchFileOrDirectory || failure == .notDirectory
    report(leadsNowhere ? .danglingLink : .module(failure), link)
    return nil
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
