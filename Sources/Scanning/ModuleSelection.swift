internal import Glibc
package import LinuxIO
package import SystemPackage

/// Decides which files below a root are modules and which directories are entered, both for scanning and for watching.
///
/// Files are taken if their names end with `.wasm`, in lower case as every tool writes it. Directories are entered
/// whatever their name is, except `.git`, `.hg` and `.svn`, in which modules are not the user's files. Patterns keep more
/// out. Roots are taken whatever their name is, because they are named on purpose.
package struct ModuleSelection: Sendable {
  package var excludes: [ExcludePattern]
  /// Directories that are not entered under any name, and not as roots: the cache itself.
  package var skippedDirectories: Set<FileIdentity>

  package init(excludes: [ExcludePattern] = [], skippedDirectories: Set<FileIdentity> = []) {
    self.excludes = excludes
    self.skippedDirectories = skippedDirectories
  }

  /// Whether the answer depends on where below its root a directory lies.
  package var needsRelativePaths: Bool { excludes.contains { $0.needsRelativePath } }

  /// - Parameter directory: the path of its directory relative to the root; empty for the root.
  package func takesFile(_ name: FilePath.Component, in directory: some Collection<UInt8>) -> Bool {
    withEntry(name, in: directory) { $0.takesFile($1) }
  }

  /// - Parameter parent: the path of its directory relative to the root; empty for the root.
  package func entersDirectory(_ name: FilePath.Component, in parent: some Collection<UInt8>) -> Bool {
    withEntry(name, in: parent) { $0.entersDirectory($1) }
  }

  private func withEntry(
    _ name: FilePath.Component, in directory: some Collection<UInt8>,
    _ body: (inout EntrySelection, EntryName) -> Bool
  ) -> Bool {
    var entries = EntrySelection(self)
    entries.enter(directory)
    return name.withPlatformString { body(&entries, EntryName(start: $0, length: strlen($0))) }
  }
}

/// A selection among the entries of one directory after another; one for each thread, for the sake of its buffer.
package struct EntrySelection {
  private let patterns: [ExcludePattern]
  private let needsRelativePaths: Bool
  /// The path of the directory relative to its root, with a slash after it, and then that of the entry in hand.
  private var path: [CChar] = [0]
  private var prefixLength = 0

  package init(_ selection: ModuleSelection) {
    patterns = selection.excludes
    needsRelativePaths = selection.needsRelativePaths
  }

  /// Says which directory the entries are in.
  ///
  /// - Parameter directory: its path relative to the root; empty for the root.
  package mutating func enter(_ directory: some Collection<UInt8>) {
    guard needsRelativePaths else { return }
    path.removeAll(keepingCapacity: true)
    if !directory.isEmpty {
      path += directory.lazy.map { CChar(bitPattern: $0) }
      path.append(CChar(bitPattern: UInt8(ascii: "/")))
    }
    prefixLength = path.count
  }

  package mutating func takesFile(_ name: EntryName) -> Bool {
    name.isModule && !excludes(name, isDirectory: false)
  }

  package mutating func entersDirectory(_ name: EntryName) -> Bool {
    !name.isDots && !name.isVersionControl && !excludes(name, isDirectory: true)
  }

  private mutating func excludes(_ name: EntryName, isDirectory: Bool) -> Bool {
    guard !patterns.isEmpty else { return false }
    if needsRelativePaths {
      path.removeSubrange(prefixLength...)
      path.append(contentsOf: UnsafeBufferPointer(start: name.start, count: name.length + 1))
    }
    return path.withUnsafeBufferPointer { path in
      guard let relative = path.baseAddress else { return false }
      return patterns.contains { $0.matches(name: name.start, relativePath: relative, isDirectory: isDirectory) }
    }
  }
}

extension EntryName {
  fileprivate var isModule: Bool {
    guard length >= 5 else { return false }
    let suffix = UnsafeRawPointer(start) + (length - 5)
    return suffix.load(as: UInt8.self) == UInt8(ascii: ".")
      && UInt32(littleEndian: suffix.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) == Self.wasm
  }

  /// `wasm` as a little-endian number.
  private static let wasm: UInt32 = 0x6d73_6177

  fileprivate var isVersionControl: Bool { Self.versionControl.contains { equals($0) } }

  private static let versionControl: [StaticString] = [".git", ".hg", ".svn"]

  private func equals(_ other: StaticString) -> Bool {
    length == other.utf8CodeUnitCount && memcmp(start, other.utf8Start, length) == 0
  }
}
