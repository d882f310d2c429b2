internal import Scanning
internal import WasmCache

/// The stage *scan*: finds the files below the roots that may be modules.
struct ScanStage {
  let input: RunInput
  /// The caches are left out, because nothing in a cache is a module.
  let caches: OpenCaches
  let lanes: Int
  /// What else is to be done where several threads find files; it may be left undone.
  var meanwhile: (@Sendable () -> Void)?

  func run() -> ScanResult {
    var options = ScanOptions(
      selection: ModuleSelection(excludes: input.excludes), followLinks: input.followLinks,
      namesDirectories: input.namesDirectories, jobs: lanes)
    for cache in caches.all { options.selection.skippedDirectories.insert(cache.identity) }
    return ModuleScanner(options).scan(input.roots, meanwhile: meanwhile)
  }
}
