package import LinuxIO
package import SystemPackage

/// The modules that a scan found, in the order of the roots, and below each in bytewise order of their paths.
///
/// It takes some 80 bytes a module, its name included, and so can be kept while everything is precompiled.
package struct ScanResult: RandomAccessCollection, Sendable {
  let storage: ScanStorage

  /// Directories and files that could not be scanned, in the same order.
  package let problems: [ScanProblem]

  /// How many modules are listed under each root.
  package let modulesPerRoot: [Int]

  /// The roots that are directories without any module, although all of them could be looked at. A root whose modules
  /// are all listed under another root (because it contains that root, or is the same) is not among them.
  package let emptyRoots: [Int]

  /// The directories that were listed, modules in them or not, in no order; only if that was asked for.
  package internal(set) var directories: [FilePath] = []

  package var startIndex: Int { 0 }
  package var endIndex: Int { storage.files.count }

  package subscript(index: Int) -> SourceFile {
    precondition(indices.contains(index))
    return SourceFile(storage: storage, index: index)
  }

  // For sweeping over all modules at once: a `SourceFile` counts a reference, which threads would fight over.

  /// The stamp of one module.
  package func stamp(at index: Int) -> FileStamp { storage.files[index].stamp }

  /// The index of the root below which one module was found, or which it is.
  package func root(at index: Int) -> Int { storage.directories[Int(storage.files[index].directory)].root }
}
