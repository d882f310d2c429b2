internal import Glibc

/// What the kernel tells of a process (proc_pid_stat(5)).
package struct RunningProcess {
  /// The name of its program's file, of which the kernel keeps 15 bytes.
  let name: String
  let parent: pid_t

  /// - Returns: nil if the process has ended, or is not to be seen.
  init?(_ id: pid_t) {
    guard let text = try? PseudoFile.text(at: "/proc/\(id)/stat"), let start = text.firstIndex(of: "("),
      let end = text.lastIndex(of: ")"), start < end
    else { return nil }
    // The name is in parentheses and can hold anything, these too. The state and the parent follow.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
    name = String(text[text.index(after: start)..<end])
    self.parent = parent
  }

  /// The names of the programs that led to this process, the nearest first, as far as they are to be seen.
  package static func namesOfAncestors() -> [String] {
    var names: [String] = []
    var id = getppid()
    // Above a container's first process is nothing. Parents may end meanwhile, so that a circle cannot be ruled out.
    while id > 0, names.count < 1000, let process = RunningProcess(id) {
      names.append(process.name)
      id = process.parent
    }
    return names
  }
}
