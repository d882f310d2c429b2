/// The contents of a cache, and the work that it has saved.
package struct CacheStatistics: Sendable {
  /// One engine's part of the cache.
  package struct Part: Sendable {
    package let engine: StoredEngine
    package var artifacts = 0
    /// Bytes of the artifacts. An artifact that several modules share counts for each.
    package var size: Int64 = 0
  }

  package private(set) var parts: [Part]
  package let artifacts: Int
  /// Distinct modules that have an artifact.
  package let modules: Int
  /// Files, of which several artifacts may share one.
  package let objects: Int
  /// Bytes of the files.
  package let size: Int64
  /// Files that were moved aside because their bytes had changed, and their bytes.
  package let movedAside: (files: Int, size: Int64)
  package let tally: Tally
  /// The mean time in nanoseconds of the compilations that are remembered; nil if none is.
  package let meanCompilation: Int64?

  package init(_ inventory: CacheInventory, _ catalog: Catalog?) {
    parts = inventory.engines.map { Part(engine: $0) }
    var modules = Set<WasmHash>()
    var artifacts = 0
    for entry in inventory.entries {
      guard let object = inventory.object(of: entry) else { continue }
      artifacts += 1
      modules.insert(entry.module)
      parts[entry.engine].artifacts += 1
      parts[entry.engine].size += object.size
    }
    self.artifacts = artifacts
    self.modules = modules.count
    objects = inventory.objects.count
    let corrupt = inventory.corrupt.reduce(0) { $0 + $1.size }
    size = inventory.size - corrupt
    movedAside = (inventory.corrupt.count, corrupt)
    tally = catalog?.tally() ?? Tally()
    // What came from another machine took no time here.
    let times = catalog?.compilations().map { Double($0.nanoseconds) }.filter { $0 > 0 } ?? []
    meanCompilation = times.isEmpty ? nil : Int64(times.reduce(0, +) / Double(times.count))
  }

  /// An estimate in nanoseconds of the time to compile the hits again, as if each had been an average module.
  package var saved: Int64 {
    let (saved, overflow) = tally.hits.multipliedReportingOverflow(by: meanCompilation ?? 0)
    return overflow ? .max : saved
  }
}
