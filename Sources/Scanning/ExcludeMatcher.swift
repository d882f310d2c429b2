internal import Glibc
internal import LinuxIO

/// Tells whether the entries of one directory after another are excluded; one for each thread, for the sake of its
/// buffer.
struct ExcludeMatcher {
  private let patterns: [ExcludePattern]
  private let needsRelativePath: Bool
  /// The path of the directory relative to its root, with a slash after it, and then that of the entry in hand.
  private var path: [CChar] = [0]
  private var prefixLength = 0

  init(_ patterns: [ExcludePattern]) {
    self.patterns = patterns
    needsRelativePath = patterns.contains { $0.needsRelativePath }
  }

  /// Says which directory the entries are in.
  mutating func enter(_ task: DirectoryTask) {
    guard needsRelativePath else { return }
    path.removeAll(keepingCapacity: true)
    if task.pathBytes.count > task.relativeStart {
      path += task.pathBytes[task.relativeStart...].lazy.map { CChar(bitPattern: $0) }
      path.append(CChar(bitPattern: UInt8(ascii: "/")))
    }
    prefixLength = path.count
  }

  mutating func excludes(_ name: EntryName, isDirectory: Bool) -> Bool {
    guard !patterns.isEmpty else { return false }
    if needsRelativePath {
      path.removeSubrange(prefixLength...)
      path.append(contentsOf: UnsafeBufferPointer(start: name.start, count: name.length + 1))
    }
    return path.withUnsafeBufferPointer { path in
      guard let relative = path.baseAddress else { return false }
      return patterns.contains { $0.matches(name: name.start, relativePath: relative, isDirectory: isDirectory) }
    }
  }
}
