package import SystemPackage

/// Something beside the modules that their artifacts depend on.
package enum WatchDependency: Hashable, Sendable {
  /// A file that decides what the artifacts are: an engine's library, say.
  case maker(FilePath)
  /// A configuration file, which need not be there.
  case configuration(FilePath)
  /// The directory with the cache's entries, which are in directories of their own for each engine.
  case entries(FilePath)

  package var path: FilePath {
    switch self {
    case .maker(let path), .configuration(let path), .entries(let path): path
    }
  }
}
