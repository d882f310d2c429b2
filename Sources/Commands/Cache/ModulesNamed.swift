internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmCache

/// The modules that paths on a command line stand for: those that are there now, and those that were seen there last.
struct ModulesNamed {
  private let hashes: Set<WasmHash>
  private let places: [FilePath]

  /// - Parameter paths: modules and directories of them; nil if there are none, which names every module.
  init?(_ paths: [PathArgument]) {
    if paths.isEmpty { return nil }
    let roots = paths.map(\.path)
    let found = ModuleScanner(ScanOptions(jobs: 1)).scan(roots)
    let reader = ModuleReader()
    var hashes: Set<WasmHash> = []
    for path in found.map(\.path) {
      // What is no module now may have been one.
      if let module = try? reader.read(path) { hashes.insert(module.facts.hash) }
    }
    self.hashes = hashes
    places = roots.map { $0.resolved ?? Environment.absolute($0) } + roots.map(Environment.absolute)
  }

  /// - Parameter path: where the module was last seen.
  func contains(_ module: WasmHash, lastSeenAt path: FilePath?) -> Bool {
    hashes.contains(module) || path.map { path in places.contains { path.starts(with: $0) } } ?? false
  }
}

extension CacheDirectory {
  /// Where each module was last seen.
  var sightings: [WasmHash: FilePath] {
    let catalog = Catalog.open(in: base, .readOnly).catalog
    return Dictionary(catalog?.sightings().map { ($0.module, $0.path) } ?? []) { first, _ in first }
  }
}
