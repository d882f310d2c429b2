internal import Exporting
internal import SystemPackage

/// The fate of the files that a build tool wanted.
struct BuildReport {
  var exports = ExportReport()
  /// Troubles with files other than exports: a path, and what is wrong with it.
  private(set) var complaints: [(path: FilePath, message: String)] = []
  /// The same about what a user should mend, though everything was done.
  private(set) var warnings: [(path: FilePath, message: String)] = []
  private(set) var status = ExitStatus.success

  mutating func complain(_ path: FilePath, _ message: String, _ status: ExitStatus) {
    complaints.append((path, message))
    self.status = self.status.merged(with: status)
  }

  mutating func warn(_ path: FilePath, _ message: String) { warnings.append((path, message)) }

  mutating func add(_ exports: ExportReport) {
    self.exports = exports
    for (path, reason) in exports.failures {
      let status: ExitStatus =
        switch reason {
        case .output, .directory: .cacheUnwritable
        case .cache, .corrupt, .corruptBelow: .moduleFailed
        }
      complain(path, reason.message, status)
    }
  }

  /// `exported 2 artifacts, removed 1`; nil if nothing changed.
  var line: String? {
    let written = exports.written.count
    let removed = exports.removed.count
    switch (written, removed) {
    case (0, 0): return nil
    case (0, _): return "removed \(Quantities.count(removed, "export")) of modules that are gone"
    case (_, 0): return "exported \(Quantities.count(written, "artifact"))"
    default: return "exported \(Quantities.count(written, "artifact")), removed \(removed) of modules that are gone"
    }
  }
}
