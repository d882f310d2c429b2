import Glibc
import LinuxIO
import SystemPackage

@testable import Scanning

/// Scans a tree, with few threads unless told otherwise.
func scan(
  _ roots: [FilePath], excludes: [String] = [], followLinks: Bool = false, skipping: Set<FileIdentity> = [],
  jobs: Int = 2, hooks: ScanPlan.TestHooks = .init()
) -> ScanResult {
  let selection = ModuleSelection(excludes: excludes.map { ExcludePattern($0) }, skippedDirectories: skipping)
  let options = ScanOptions(selection: selection, followLinks: followLinks, jobs: jobs)
  return ModuleScanner(options, hooks: hooks).scan(roots)
}

extension ScanResult {
  var paths: [FilePath] { map(\.path) }

  /// As bytes, which is quick to compare even in a debug build.
  var rawPaths: [[UInt8]] {
    map { $0.withPath { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } }
  }

  /// The paths below a tree's directory.
  func names(in tree: TemporaryTree) -> [String] {
    let prefix = tree.path.string + "/"
    return rawPaths.map { path in
      let path = String(decoding: path, as: UTF8.self)
      return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
  }

  /// Each problem as `path: reason`, below a tree's directory.
  func complaints(in tree: TemporaryTree) -> [String] {
    problems.map { "\($0.path.name(in: tree)): \($0)" }
  }
}

extension FilePath {
  /// Below a tree's directory, if it is. By characters: components cost a debug build a millisecond.
  func name(in tree: TemporaryTree) -> String {
    let prefix = tree.path.string + "/"
    return string.hasPrefix(prefix) ? String(string.dropFirst(prefix.count)) : string
  }
}
