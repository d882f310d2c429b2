internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Puts what the threads found into the order of roots and paths.
struct ScanAssembly {
  private let survey: RootSurvey
  private let table: ScanTable
  private var files: [FileEntry] = []
  private var directories: [DirectoryEntry] = []
  private var bytes: [UInt8] = []
  private var modulesPerRoot: [Int] = []

  init(_ survey: RootSurvey, _ table: ScanTable) {
    self.survey = survey
    self.table = table
    files.reserveCapacity(
      table.directories.reduce(survey.roots.count - survey.starts.count) { $0 + ($1?.files.count ?? 0) })
    for (root, kind) in survey.roots.enumerated() {
      let before = files.count
      switch kind {
      case .directory(let id): addTree(id)
      case .file(let stamp): addFile(root, stamp)
      case .duplicate, .unusable: break
      }
      modulesPerRoot.append(files.count - before)
    }
  }

  var result: ScanResult {
    let problems = sortedProblems
    return ScanResult(
      storage: ScanStorage(files: files, directories: directories, bytes: bytes), problems: problems,
      modulesPerRoot: modulesPerRoot, emptyRoots: emptyRoots(problems))
  }

  /// Adds a file that is a root itself.
  private mutating func addFile(_ root: Int, _ stamp: FileStamp) {
    let path = survey.paths[root]
    let nameStart = RootSurvey.nameStart(path)
    directories.append(
      DirectoryEntry(root: root, pathStart: bytes.count, pathLength: nameStart, namesStart: bytes.count + nameStart))
    bytes += path
    files.append(
      FileEntry(
        stamp: stamp, directory: UInt32(directories.count - 1), nameStart: 0,
        nameLength: UInt16(path.count - 1 - nameStart)))
  }

  /// Where the walk through a tree is in one of the directories on its way.
  private struct Level {
    let id: Int
    var nextChild = 0
    var nextFile = 0
    var entry: UInt32?
  }

  /// Adds a directory with everything below it. With a stack of its own: a tree may be deeper than a thread's.
  private mutating func addTree(_ id: Int) {
    var levels = [Level(id: id)]
    while var level = levels.popLast() {
      guard let directory = table.directories[level.id] else { continue }
      if level.nextChild == directory.children.count {
        addFiles(of: directory, upTo: directory.files.count, &level)
        continue
      }
      let child = directory.children[level.nextChild]
      level.nextChild += 1
      addFiles(of: directory, upTo: directory.firstFile(after: child, from: level.nextFile), &level)
      levels.append(level)
      if let id = child.id { levels.append(Level(id: id)) }
    }
  }

  private mutating func addFiles(of directory: ListedDirectory, upTo end: Int, _ level: inout Level) {
    guard level.nextFile < end else { return }
    let entry = level.entry ?? addDirectory(directory)
    level.entry = entry
    for var file in directory.files[level.nextFile..<end] {
      file.directory = entry
      files.append(file)
    }
    level.nextFile = end
  }

  private mutating func addDirectory(_ directory: ListedDirectory) -> UInt32 {
    let path = directory.task.path(of: [])
    directories.append(
      DirectoryEntry(
        root: directory.task.root, pathStart: bytes.count, pathLength: path.count, namesStart: bytes.count + path.count)
    )
    bytes += path
    bytes += directory.names
    return UInt32(directories.count - 1)
  }

  private var sortedProblems: [ScanProblem] {
    let sorted = table.problems.sorted {
      $0.root != $1.root ? $0.root < $1.root : $0.path.lexicographicallyPrecedes($1.path)
    }
    var problems: [ScanProblem] = []
    for found in sorted {
      let problem = ScanProblem(path: FilePath(bytes: found.path), root: found.root, reason: found.reason)
      // A directory that may not be looked into is reported for each of its links, and by each thread that shares it.
      if problem != problems.last { problems.append(problem) }
    }
    return problems
  }

  /// Directories in which nothing was found and nothing went wrong, not even in roots that they contain.
  private func emptyRoots(_ problems: [ScanProblem]) -> [Int] {
    let full = Set(survey.roots.indices.filter { modulesPerRoot[$0] > 0 })
      .union(problems.lazy.filter { !$0.isWarning }.map(\.root))
    let inner = Dictionary(grouping: table.nested, by: \.outer)
    return survey.roots.indices.filter { root in
      guard case .directory = survey.roots[root] else { return false }
      var seen: Set<Int> = [root]
      var next = [root]
      while let root = next.popLast() {
        if full.contains(root) { return false }
        for nested in inner[root] ?? [] where seen.insert(nested.inner).inserted { next.append(nested.inner) }
      }
      return true
    }
  }
}
