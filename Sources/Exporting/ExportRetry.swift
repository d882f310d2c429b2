internal import LinuxIO
internal import Synchronization
package import SystemPackage
package import WasmCache

/// Exports whose artifacts were gone, and are being made again.
///
/// Each artifact is opened as soon as it is there: whoever makes room once more cannot take it away. Some are then written
/// together, because the directory is locked, and its manifest replaced, for each time.
package final class ExportRetry: Sendable {
  private let exporter: Exporter
  /// All other names, which stay as they are.
  private let spared: Set<FilePath>
  private let state: Mutex<State>

  private struct State {
    var waiting: [WasmHash: [ArtifactExport]]
    var opened: [(export: ArtifactExport, artifact: Artifact)] = []
    var report = ExportReport()

    mutating func takeOpened() -> [(export: ArtifactExport, artifact: Artifact)] {
      defer { opened = [] }
      return opened
    }
  }

  /// How many artifacts are kept open. Each takes a descriptor, and a process may have as few as 256 of them.
  private static let mostOpen = 32

  /// - Parameter exports: those of the run.
  package init(
    _ lost: [LostExport], of exports: [ArtifactExport], sparing spared: Set<FilePath>, with exporter: Exporter
  ) {
    self.exporter = exporter
    let paths = Set(lost.map(\.path))
    var waiting = exports.filter { paths.contains(exporter.path(of: $0)) }
    // Another process may have made it meanwhile, so that nobody has hashed its bytes here.
    for index in waiting.indices { waiting[index].isNew = false }
    self.spared = spared.union(exports.map(\.name))
    state = Mutex(State(waiting: Dictionary(grouping: waiting, by: \.module)))
  }

  /// Takes what was made of a module, and writes it when there is enough to be written. Lanes call this, and none waits for what
  /// another one writes unless it writes, too.
  package func take(_ module: WasmHash) {
    guard let exports = state.withLock({ $0.waiting.removeValue(forKey: module) }) else { return }
    var opened: [(export: ArtifactExport, artifact: Artifact)] = []
    var left: [ArtifactExport] = []
    for export in exports {
      // Another engine's artifact of the module may not be there yet.
      if let artifact = try? export.entries.openForOthers(module) {
        opened.append((export, artifact))
      } else {
        left.append(export)
      }
    }
    let batch = state.withLock { state in
      if !left.isEmpty { state.waiting[module] = left }
      state.opened += opened
      return state.opened.count >= Self.mostOpen ? state.takeOpened() : []
    }
    if batch.isEmpty { return }
    let written = write(batch)
    let failed = Set(written.failures.map(\.path))
    state.withLock { state in
      state.report.written += written.written
      state.report.removed += written.removed
      // These are tried again at the end. Where the directory itself is at fault, none was written.
      for (export, _) in batch
      where failed.contains(exporter.directory) || failed.contains(exporter.path(of: export)) {
        state.waiting[export.module, default: []].append(export)
      }
    }
  }

  /// Writes what is left.
  ///
  /// - Returns: what was written, and what is lost once more.
  package func finish() -> ExportReport {
    let (opened, waiting) = state.withLock { ($0.takeOpened(), $0.waiting.values.flatMap { $0 }) }
    let last = write(opened, waiting)
    return state.withLock { state in
      state.report.written += last.written
      state.report.removed += last.removed
      state.report.failures = last.failures
      state.report.lost = last.lost
      return state.report
    }
  }

  private func write(
    _ opened: [(export: ArtifactExport, artifact: Artifact)], _ others: [ArtifactExport] = []
  ) -> ExportReport {
    let exports = (opened.map(\.export) + others).sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
    if exports.isEmpty { return ExportReport() }
    let artifacts = Dictionary(opened.map { ($0.export.name, $0.artifact) }) { first, _ in first }
    return exporter.run(exports, open: artifacts, sparing: spared)
  }
}
