internal import Glibc

/// A glob that keeps files and directories out of a scan.
///
/// A pattern is matched by fnmatch(3) in bytes: `*`, `?`, `[a-z]`, `[!a-z]` and `\` as in the shell; `*` and `?` also match a
/// leading dot, never a `/`; there is no `**`. Then:
///
/// - `name`, without a slash, matches the own name of a file or directory at any depth;
/// - `some/name`, with a slash in it, matches the whole path relative to the root below which it lies;
/// - `/name` is anchored: it matches that name directly below a root only;
/// - `name/`, in each of these forms, matches directories only (with links followed, also links to directories).
///
/// An excluded directory is not entered, so nothing below it is found. Roots are never excluded, because they are named on
/// purpose. A pattern of nothing but slashes, and the empty one, match nothing.
package struct ExcludePattern: Hashable, Sendable, CustomStringConvertible {
  package let description: String
  /// With a trailing NUL, as fnmatch wants it.
  private let glob: [CChar]
  private let matchesDirectoriesOnly: Bool
  /// Whether it is matched with the path relative to the root instead of the name.
  let needsRelativePath: Bool

  package init(_ text: String) { self.init(bytes: Array(text.utf8)) }

  /// The pattern that these bytes spell; like names, it need not be UTF-8.
  package init(bytes pattern: [UInt8]) {
    description = String(decoding: pattern, as: UTF8.self)
    var bytes = pattern[...]
    matchesDirectoriesOnly = bytes.last == UInt8(ascii: "/")
    while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    needsRelativePath = bytes.contains(UInt8(ascii: "/"))
    while bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
    glob = bytes.map { CChar(bitPattern: $0) } + [0]
  }

  /// `name` and `relativePath` end with NUL and have no slash at either end.
  func matches(name: UnsafePointer<CChar>, relativePath: UnsafePointer<CChar>, isDirectory: Bool) -> Bool {
    guard isDirectory || !matchesDirectoriesOnly, glob.count > 1 else { return false }
    return fnmatch(glob, needsRelativePath ? relativePath : name, FNM_PATHNAME) == 0
  }
}
