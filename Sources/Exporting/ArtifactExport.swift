internal import LinuxIO
package import SystemPackage
package import WasmCache

/// One artifact that gets a name of its own below the output directory.
package struct ArtifactExport: Sendable {
  /// The module's file, as it was named.
  package let path: FilePath
  /// The module's file, from the root.
  package let source: FilePath
  package let module: WasmHash
  /// The artifacts of its engine.
  package let entries: VerifiedEntries
  /// Below the output directory.
  package let name: FilePath
  /// The directories that its name begins with because the run has several engines or backends; empty where it has one.
  package let place: FilePath
  /// Whether it was made just now, so that its time stamps say so.
  package var isNew: Bool

  package init(
    path: FilePath, source: FilePath, module: WasmHash, entries: VerifiedEntries, name: FilePath, place: FilePath,
    isNew: Bool
  ) {
    self.path = path
    self.source = source
    self.module = module
    self.entries = entries
    self.name = name
    self.place = place
    self.isNew = isNew
  }

  /// Where the artifact of a file goes: its place below the root it was found in, with another suffix. A file that is a
  /// root itself goes to the top.
  ///
  /// - Parameters:
  ///   - suffix: of the artifact's format.
  ///   - place: the directories for artifacts of its engine or backend, where there are several.
  package static func name(of file: FilePath, below root: FilePath, suffix: String, in place: FilePath) -> FilePath {
    var relative = file
    if file == root || !relative.removePrefix(root) {
      relative = FilePath(root: nil, file.lastComponent.map { [$0] } ?? [])
    }
    var bytes = relative.bytes
    if bytes.suffix(5) == Array(".wasm".utf8)[...] { bytes.removeLast(5) }
    return place.pushing(FilePath(bytes: bytes + Array(suffix.utf8)))
  }
}

/// Modules whose artifacts would have the same name.
package struct ExportCollision: Hashable, Sendable {
  package let name: FilePath
  /// Two or more.
  package let sources: [FilePath]

  /// Takes out exports that collide: neither is better than the other.
  package static func remove(from exports: inout [ArtifactExport]) -> [ExportCollision] {
    let sharing = Dictionary(grouping: exports, by: \.name).filter { $0.value.count > 1 }
    guard !sharing.isEmpty else { return [] }
    exports.removeAll { sharing[$0.name] != nil }
    return sharing.map { ExportCollision(name: $0.key, sources: $0.value.map(\.path)) }
      .sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
  }
}

extension ExportCollision {
  /// The trouble, without the name, which the caller prints in front.
  package func description(printing path: (FilePath) -> String) -> String {
    "would be exported from \(sources.map(path).joined(separator: " and from "))"
  }
}
