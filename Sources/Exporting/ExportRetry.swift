internal import Synchronization
package import SystemPackage
package import WasmCache

/// Exports whose artifacts were gone, and are being made again: each is written as soon as its artifact is there, before
/// somebody can make room once more.
package final class ExportRetry: Sendable {
  private let exporter: Exporter
  /// All other names, which stay as they are.
  private let spared: Set<FilePath>
  private let state: Mutex<State>

  private struct State {
    var waiting: [ArtifactExport]
    var report = ExportReport()
  }

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
    state = Mutex(State(waiting: waiting))
  }

  /// Writes what is made of a module.
  package func write(_ module: WasmHash) { state.withLock { _ = write(&$0) { $0.module == module } } }

  /// Writes what is left.
  ///
  /// - Returns: what was written, and what is lost once more.
  package func finish() -> ExportReport {
    state.withLock { state in
      let last = write(&state) { _ in true }
      state.report.failures = last.failures
      state.report.lost = last.lost
      return state.report
    }
  }

  private func write(_ state: inout State, where isWanted: (ArtifactExport) -> Bool) -> ExportReport {
    let wanted = state.waiting.filter(isWanted)
    if wanted.isEmpty { return ExportReport() }
    let written = exporter.run(wanted, sparing: spared)
    let failed = Set(written.failures.map(\.path))
    // Where the directory itself is at fault, nothing was written of what waits.
    if !failed.contains(exporter.directory) {
      state.waiting.removeAll { isWanted($0) && !failed.contains(exporter.path(of: $0)) }
    }
    state.report.written += written.written
    state.report.removed += written.removed
    return written
  }
}
