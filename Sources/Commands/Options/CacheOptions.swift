internal import ArgumentParser
internal import SystemPackage

/// Which cache is used.
struct CacheOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Directory of the cache.",
      discussion: """
        Otherwise $WASMPRECOMPILE_CACHE_DIR, then wasmprecompile in $XDG_CACHE_HOME or ~/.cache. It is made if missing.
        """, valueName: "directory"),
    completion: .directory)
  var cacheDir: PathArgument?

  mutating func fill(from configuration: Configuration) { configuration.fill(&cacheDir, from: Settings.cacheDir) }

  /// The cache's directory, absolute, so that printed paths are good anywhere.
  func path() throws(RunFailure) -> FilePath {
    if let path = cacheDir?.path { return Environment.absolute(path) }
    // The specification of base directories says to ignore relative values.
    if let base = Environment.path("XDG_CACHE_HOME"), base.isAbsolute { return base.appending("wasmprecompile") }
    if let home = Environment.path("HOME") { return Environment.absolute(home).appending(".cache/wasmprecompile") }
    throw RunFailure(
      status: .cacheUnwritable, message: "no place for the cache: HOME is not set; name a directory with --cache-dir")
  }
}
