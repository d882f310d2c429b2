/// The findings of all threads, with the directories by their index.
struct ScanTable {
  /// A directory that could not be listed is nil.
  private(set) var directories: [ListedDirectory?]
  private(set) var problems: [FoundProblem]
  private(set) var nested: Set<NestedRoot> = []

  init(_ survey: RootSurvey) {
    directories = Array(repeating: nil, count: survey.starts.count)
    problems = survey.problems
  }

  /// Adds what the threads of one walk found; `count` indices have been given out by then.
  mutating func add(_ findings: [ScanFindings], count: Int) {
    directories.append(contentsOf: repeatElement(nil, count: count - directories.count))
    for found in findings {
      for directory in found.directories { directories[directory.task.id] = directory }
      problems += found.problems
      nested.formUnion(found.nested)
    }
    // The parts of a directory that was shared out were finished in any order.
    for run in findings.flatMap(\.runs).sorted(by: { ($0.directory, $0.first) < ($1.directory, $1.first) }) {
      directories[run.directory]?.files += run.files
    }
  }

  /// Gives a link to a directory an index of its own, and returns what there is to do for it.
  mutating func follow(_ link: FoundLink) -> DirectoryTask? {
    guard let parent = directories[link.parent] else { return nil }
    let id = directories.count
    directories.append(nil)
    directories[link.parent]?.children[link.child].id = id
    return parent.task.child(parent.name(of: parent.children[link.child]).dropLast(), id: id, isStart: true)
  }

  mutating func report(_ problem: FoundProblem) {
    problems.append(problem)
  }

  mutating func note(_ nestedRoot: NestedRoot) {
    nested.insert(nestedRoot)
  }
}
