internal import ArgumentParser
internal import Precompiler
internal import SystemPackage
internal import WasmCache

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

  @Flag(
    help:
      "Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.")
  var trustCache = false

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&cacheDir, from: Settings.cacheDir)
    configuration.fill(&trustCache, from: Settings.trustCache)
  }

  var trust: CacheTrust { trustCache ? .anyone : .owner }

  func places() throws(RunFailure) -> CachePlaces {
    var places = CachePlaces(try path())
    places.trust = trust
    return places
  }

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
