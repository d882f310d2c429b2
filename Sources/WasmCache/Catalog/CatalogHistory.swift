internal import LinuxIO
package import SystemPackage

/// Where a module was last seen, for `cache list`.
package struct Sighting: Hashable, Sendable {
  package var module: WasmHash
  package var path: FilePath
  /// Bytes.
  package var size: Int64
  /// Nanoseconds since 1970; right to a day.
  package var seen: Int64

  package init(module: WasmHash, path: FilePath, size: Int64, seen: Int64) {
    self.module = module
    self.path = path
    self.size = size
    self.seen = seen
  }

  fileprivate var checksum: Int64 {
    var checksum = CatalogChecksum(.sightings)
    checksum.add(module.blob)
    checksum.add(path.bytes)
    checksum.add(size)
    checksum.add(seen)
    return checksum.signed
  }
}

/// The cost of one compilation, for `cache list` and the time that hits save; and the artifact that came of it, for a cache
/// that was copied without its links.
package struct Compilation: Hashable, Sendable {
  package var module: WasmHash
  /// The engine identity's digest.
  package var engine: [UInt8]
  /// The digest of what came out.
  package var artifact: ArtifactDigest
  package var nanoseconds: Int64
  /// Bytes of the artifact.
  package var size: Int64
  /// Nanoseconds since 1970.
  package var compiled: Int64

  package init(
    module: WasmHash, engine: [UInt8], artifact: ArtifactDigest, nanoseconds: Int64, size: Int64, compiled: Int64
  ) {
    self.module = module
    self.engine = engine
    self.artifact = artifact
    self.nanoseconds = nanoseconds
    self.size = size
    self.compiled = compiled
  }

  fileprivate var checksum: Int64 {
    var checksum = CatalogChecksum(.compilations)
    checksum.add(module.blob)
    checksum.add(engine)
    checksum.add(artifact.bytes)
    checksum.add(nanoseconds)
    checksum.add(size)
    checksum.add(compiled)
    return checksum.signed
  }
}

extension Catalog {
  /// Every module seen in the last ninety days, in the order of their hashes. Rows that rotted are left out.
  package func sightings() -> [Sighting] {
    read(or: []) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare("SELECT module, path, size, seen, checksum FROM sightings")
      var sightings: [Sighting] = []
      while try statement.step() {
        guard let module = statement.withBytes(0, { WasmHash(blob: $0) }) else { continue }
        let sighting = Sighting(
          module: module, path: FilePath(bytes: statement.bytes(1)), size: statement.integer(2),
          seen: statement.integer(3))
        if sighting.checksum == statement.integer(4) { sightings.append(sighting) }
      }
      return sightings
    }
  }

  /// Every compilation of the last ninety days, in the order of the modules' hashes. Rows that rotted are left out.
  package func compilations() -> [Compilation] {
    read(or: []) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare(
        "SELECT module, engine, artifact, nanoseconds, size, compiled, checksum FROM compilations")
      var compilations: [Compilation] = []
      while try statement.step() {
        guard let module = statement.withBytes(0, { WasmHash(blob: $0) }),
          let artifact = statement.withBytes(2, { ArtifactDigest(blob: $0) })
        else { continue }
        let compilation = Compilation(
          module: module, engine: statement.bytes(1), artifact: artifact, nanoseconds: statement.integer(3),
          size: statement.integer(4), compiled: statement.integer(5))
        if compilation.checksum == statement.integer(6) { compilations.append(compilation) }
      }
      return compilations
    }
  }
}

extension Catalog {
  /// Picks the modules that an engine has compiled before.
  ///
  /// - Parameter engine: its identity's digest.
  package func compiled(_ modules: [WasmHash], by engine: [UInt8]) -> Set<WasmHash> {
    if modules.isEmpty { return [] }
    return read(or: []) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare("SELECT 1 FROM compilations WHERE module = ?1 AND engine = ?2")
      // In one transaction: each of its own would take and give back a lock.
      return try connection.snapshot { () throws(SQLiteError) in
        statement.bind(2, engine)
        var known: Set<WasmHash> = []
        for module in modules {
          statement.bind(1, module.blob)
          if try statement.step() { known.insert(module) }
          statement.reset()
        }
        return known
      }
    }
  }
}

extension Sighting {
  static func write(_ sightings: [Sighting], _ connection: SQLiteConnection) throws(SQLiteError) {
    let statement = try connection.prepare("REPLACE INTO sightings VALUES(?1, ?2, ?3, ?4, ?5)")
    for sighting in sightings {
      statement.bind(1, sighting.module.blob)
      statement.bind(2, sighting.path.bytes)
      statement.bind(3, sighting.size)
      statement.bind(4, sighting.seen)
      statement.bind(5, sighting.checksum)
      try statement.run()
    }
  }
}

extension Compilation {
  static func write(_ compilations: [Compilation], _ connection: SQLiteConnection) throws(SQLiteError) {
    let statement = try connection.prepare("REPLACE INTO compilations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    for compilation in compilations {
      statement.bind(1, compilation.module.blob)
      statement.bind(2, compilation.engine)
      statement.bind(3, compilation.artifact.bytes)
      statement.bind(4, compilation.nanoseconds)
      statement.bind(5, compilation.size)
      statement.bind(6, compilation.compiled)
      statement.bind(7, compilation.checksum)
      try statement.run()
    }
  }
}
