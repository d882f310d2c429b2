internal import ArgumentParser
internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// The caches that are used.
struct CacheOptions: CommandOptions {
  // Only users may set this: a cache that comes with a project is full of code that somebody else compiled.
  @CommandOption(
    "cache-dir",
    help: ArgumentHelp(
      "Directory of the cache.",
      discussion: """
        Otherwise $WASMPRECOMPILE_CACHE_DIR, then wasmprecompile in $XDG_CACHE_HOME or ~/.cache. It is made if missing.
        """, valueName: "directory"),
    completion: .directory,
    setting: .byUsersOnly("a path", unset: "wasmprecompile in $XDG_CACHE_HOME or ~/.cache"))
  var cacheDir: PathArgument?

  @CommandOption(
    "trust-cache",
    help:
      "Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.",
    setting: .byUsersOnly())
  var trustCache = false

  @CommandOption(
    "lower-cache", key: "lower-caches",
    help: ArgumentHelp(
      """
      A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. \
      Repeatable; the first that has an artifact is used.
      """, valueName: "directory"), completion: .directory, setting: .byUsersOnly("paths"))
  var lowerCache: [PathArgument] = []

  /// The further caches' directories, absolute, in the order given.
  var lowerCaches: [FilePath] { lowerCache.map { Environment.absolute($0.path) } }

  /// Refuses lower caches on the command line of a command that does not look into them. The setting is for others, too.
  func refuseLowerCaches(_ complaint: String) throws {
    if _lowerCache.isGiven { throw ValidationError("--lower-cache: \(complaint)") }
  }

  /// Opens the lower caches, for a command that looks into caches. One that cannot be used is reported, and left out.
  func openLowerCaches(below own: CacheDirectory?, _ lines: JSONLines?) -> [CacheDirectory] {
    CacheDirectory.lower(at: lowerCaches, below: own, trust: trust) { path, error in
      let (path, trouble) = (error.path ?? path, LowerCacheTrouble.unusable(error))
      if let lines {
        lines.write(JSONRunLines.warning(trouble, with: path))
      } else {
        Output.error.write(Palette.plain.warning(Program.name, RunReporter.warning(of: trouble, with: path)) + "\n")
      }
    }
  }

  var trust: CacheTrust { trustCache ? .anyone : .owner }

  func places() throws(RunFailure) -> CachePlaces {
    var places = CachePlaces(try path())
    places.trust = trust
    places.lower = lowerCaches
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

/// The artifacts that may stay in the cache.
struct CacheSizeOptions: CommandOptions {
  @CommandOption(
    "max-size",
    help: ArgumentHelp(
      "How large the cache may be: 500M, 5G, 5Gi, or none for any size.",
      discussion: """
        What was used longest ago goes until it fits. Runs that store something see to that, at most once an hour; `cache gc` \
        does so at once, and `cache stats` shows how much of it is used.
        """,
      valueName: "size"), setting: .byUsersOnly(SizeLimit.expectation))
  // ccache has 5 GB, sccache 10 GB. Artifacts of ten thousand ordinary modules take a few hundred megabytes.
  var maxSize = SizeLimit(10_000_000_000)

  /// Nil for any size.
  var limit: CacheSizeLimit? {
    maxSize.bytes.map { CacheSizeLimit(bytes: Int64($0), isChosen: _maxSize.origin != nil) }
  }
}
