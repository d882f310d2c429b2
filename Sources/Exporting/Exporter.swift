internal import Glibc
package import LinuxIO
package import SystemPackage
package import WasmCache

/// Puts artifacts under names of their own into a directory, and removes those whose modules are gone.
///
/// An export that has the right bytes keeps its times, so that nothing is built from it again.
package struct Exporter {
  let directory: FilePath
  private let usesHardLinks: Bool
  /// Seconds to wait for another run that exports into the same directory.
  private let patience: Double
  private let isOver: @Sendable () -> Bool

  /// - Parameters:
  ///   - usesHardLinks: whether exports may be further names of the cache's own files.
  ///   - patience: seconds to wait for another run that exports into the same directory.
  ///   - isOver: asked now and then whether waiting is no longer wanted.
  package init(
    into directory: FilePath, usesHardLinks: Bool = false, patience: Double = 120,
    unless isOver: @escaping @Sendable () -> Bool = { false }
  ) {
    self.directory = directory
    self.usesHardLinks = usesHardLinks
    self.patience = patience
    self.isOver = isOver
  }

  func path(of export: ArtifactExport) -> FilePath { directory.pushing(export.name) }

  /// - Parameters:
  ///   - open: artifacts that are open already, by their exports' names.
  ///   - spared: names that stay as they are, because their artifacts could not be made.
  package func run(
    _ exports: [ArtifactExport], open: [FilePath: Artifact] = [:], sparing spared: Set<FilePath> = []
  ) -> ExportReport {
    var report = ExportReport()
    do throws(SystemError) {
      let output = try OutputDirectory(
        making: directory, until: .now().adding(seconds: patience), unless: isOver)
      report.isNoexec = !output.root.allowsExecution
      let before = output.readManifest()
      var manifest = before
      for export in exports {
        switch materialize(export, open[export.name], before.records[export.name], to: output, &report) {
        case .success(let record): manifest.records[export.name] = record
        case .failure(let reason):
          report.failures.append((path(of: export), reason))
          if reason.isLoss { report.lost.append(.init(export, at: path(of: export), isCorrupt: reason.isCorruption)) }
        }
      }
      removeStale(&manifest, besides: exports, sparing: spared, in: output, &report)
      if manifest != before { try output.write(manifest) }
    } catch {
      report.failures.append((directory, error == OutputDirectory.isBusy ? .busy : .directory(error)))
    }
    return report
  }

  /// - Returns: the export as it is now.
  private func materialize(
    _ export: ArtifactExport, _ open: Artifact?, _ record: ExportManifest.Record?, to output: OutputDirectory,
    _ report: inout ExportReport
  ) -> Result<ExportManifest.Record, ExportFailure> {
    let status = output.status(of: export.name)
    if var record, let status, .init(status) == record.stamp, status.kind == .regular,
      export.entries.directory.artifactDigest(export.module)?.description == record.digest,
      usesHardLinks || status.links == 1 || !isObject(status, of: export)
    {
      record.place = export.place
      record.source = export.source
      return .success(record)
    }
    do throws(CacheError) {
      let artifact: Artifact
      if let open {
        artifact = open
      } else {
        artifact =
          try export.isNew ? export.entries.openNew(export.module) : export.entries.openForOthers(export.module)
      }
      return write(artifact, export, status, to: output, &report)
    } catch .missing(_, _, .artifactCorrupt) {
      // An artifact that could not be moved aside is still there.
      let isThere = if case .present = export.entries.directory.lookUp(export.module) { true } else { false }
      let cache = export.entries.directory.cache
      if cache.isLower { return .failure(.corruptBelow(cache.path)) }
      return .failure(.corrupt(cache.path, isMovedAside: !isThere))
    } catch {
      return .failure(.cache(error))
    }
  }

  private func write(
    _ artifact: Artifact, _ export: ArtifactExport, _ status: FileStatus?, to output: OutputDirectory,
    _ report: inout ExportReport
  ) -> Result<ExportManifest.Record, ExportFailure> {
    do throws(SystemError) {
      if !isSame(artifact, output, export, status) {
        let method = try artifact.materialize(
          to: output.own, as: output.staged, linking: usesHardLinks && export.isNew)
        try output.publish(as: export.name)
        report.written.append((path(of: export), method))
      }
      guard let status = output.status(of: export.name) else { throw SystemError("stat", .noSuchFileOrDirectory) }
      return .success(
        .init(place: export.place, source: export.source, digest: "\(artifact.digest)", stamp: .init(status)))
    } catch {
      output.discard()
      return .failure(.output(error))
    }
  }

  private func isSame(
    _ artifact: Artifact, _ output: OutputDirectory, _ export: ArtifactExport, _ status: FileStatus?
  ) -> Bool {
    guard let status, status.kind == .regular, status.size == artifact.size,
      usesHardLinks || status.links == 1 || !isObject(status, of: export),
      let file = try? RegularFile(export.name, in: output.root)
    else { return false }
    return (try? ArtifactDigest(hashing: file.descriptor)) == artifact.digest
  }

  /// Whether an export is the cache's own file, as it was left by a run that could make hard links.
  private func isObject(_ status: FileStatus, of export: ArtifactExport) -> Bool {
    status.stamp.identity == export.entries.directory.objectIdentity(export.module)
  }

  /// Removes exports whose modules are gone, and those that have another place now because the run has one engine or
  /// backend, and another had several. A file that somebody else put in an export's place stays, and so do exports of modules
  /// that this run was not asked about.
  private func removeStale(
    _ manifest: inout ExportManifest, besides exports: [ArtifactExport], sparing spared: Set<FilePath>,
    in output: OutputDirectory, _ report: inout ExportReport
  ) {
    let current = Set(exports.map(\.name)).union(spared)
    let stale = manifest.records.filter { !current.contains($0.key) }
    if stale.isEmpty { return }
    let places = Set(exports.map { ExportPlace($0.source, $0.name, below: $0.place) })
    for (name, record) in stale {
      let hasMoved = places.contains(ExportPlace(record.source, name, below: record.place))
      guard hasMoved || Self.isGone(record.source) else { continue }
      if output.status(of: name).map({ .init($0) == record.stamp }) ?? false {
        do { try output.remove(name) } catch {
          report.failures.append((directory.pushing(name), .output(error)))
          continue
        }
        report.removed.append((directory.pushing(name), hasMoved ? .elsewhere : .moduleGone))
      }
      manifest.records[name] = nil
    }
    report.removed.sort { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
  }

  private static func isGone(_ source: FilePath) -> Bool {
    do throws(SystemError) {
      _ = try Descriptor.status(of: source)
      return false
    } catch {
      return error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory
    }
  }
}

/// What an export is of, whatever engines and backends a run has.
private struct ExportPlace: Hashable {
  let source: FilePath
  let name: FilePath

  init(_ source: FilePath, _ name: FilePath, below place: FilePath) {
    self.source = source
    var rest = name
    _ = rest.removePrefix(place)
    self.name = rest
  }
}

/// The work of one run of exporting. Exports that it does not name were up to date.
package struct ExportReport {
  /// Whether the file system of the output directory is mounted `noexec`.
  package internal(set) var isNoexec = false
  package internal(set) var written: [(path: FilePath, method: ExportMethod)] = []
  package internal(set) var removed: [(path: FilePath, reason: ExportRemoval)] = []
  package internal(set) var failures: [(path: FilePath, reason: ExportFailure)] = []
  /// If these artifacts are made again, they can be exported.
  package internal(set) var lost: [LostExport] = []

  package init() {}

  /// Takes in what came of trying the lost ones again.
  package mutating func retried(_ later: ExportReport) {
    let tried = Set(lost.map(\.path))
    written += later.written
    removed += later.removed
    failures = failures.filter { !tried.contains($0.path) } + later.failures
    lost = later.lost
  }
}

/// A module whose artifact was there when the run ended, and not when it was to be exported.
package struct LostExport: Sendable {
  /// The module's file.
  package let module: FilePath
  /// Where its artifact would have gone.
  package let path: FilePath
  /// Whether it was corrupt; else somebody made room.
  package let isCorrupt: Bool

  fileprivate init(_ export: ArtifactExport, at path: FilePath, isCorrupt: Bool) {
    module = export.path
    self.path = path
    self.isCorrupt = isCorrupt
  }
}

/// Why an export was removed.
package enum ExportRemoval: Sendable {
  case moduleGone
  /// Its module is exported to another place now.
  case elsewhere
}

/// Why an artifact was not exported.
package enum ExportFailure: Error, Hashable, Sendable {
  case cache(CacheError)
  /// The artifact's bytes are not those that were stored.
  case corrupt(FilePath, isMovedAside: Bool)
  /// The same in a lower cache, which is never changed.
  case corruptBelow(FilePath)
  case output(SystemError)
  /// It is about the output directory as a whole.
  case directory(SystemError)
  /// Another run exports into the directory, and does not come to an end.
  case busy
}

extension ExportFailure {
  /// Whether the artifact is gone, and nothing else is wrong.
  fileprivate var isLoss: Bool {
    switch self {
    case .cache(.missing), .corrupt(_, isMovedAside: true): true
    case .cache, .corrupt, .corruptBelow, .output, .directory, .busy: false
    }
  }

  fileprivate var isCorruption: Bool { if case .corrupt = self { true } else { false } }
}

extension ExportFailure: CustomStringConvertible {
  /// Without the path, which the caller prints in front.
  package var description: String {
    switch self {
    case .cache(let error): "cannot be exported: \(error)"
    case .corrupt(_, isMovedAside: true):
      "cannot be exported: the cache's artifact was corrupt: run again, which makes it anew"
    case .corrupt(_, isMovedAside: false): "cannot be exported: the cache's artifact is corrupt"
    case .corruptBelow(let cache): "cannot be exported: the artifact of the lower cache \(cache) is corrupt"
    case .output(let error): "cannot be exported: \(error)"
    case .directory(let error): "cannot be the output directory: \(error)"
    case .busy:
      "nothing was exported: another run exports into it and does not end"
    }
  }
}
