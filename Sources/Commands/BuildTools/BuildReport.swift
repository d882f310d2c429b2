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
  /// How many artifacts, which the cache seemed to have, were corrupt or gone when they were opened, and were compiled again.
  var remade = 0

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
        case .output, .directory, .busy: .cacheUnwritable
        case .cache, .corrupt, .corruptBelow: .moduleFailed
        }
      complain(path, reason.message, status)
    }
  }

  /// `exported 2 artifacts, removed 1 of modules that are gone`; nil if nothing changed.
  var line: String? {
    var parts: [String] = []
    if !exports.written.isEmpty { parts.append("exported \(Quantities.count(exports.written.count, "artifact"))") }
    for (reason, words) in [(ExportRemoval.moduleGone, "of modules that are gone"), (.elsewhere, "from former places")]
    {
      let count = exports.removed.count { $0.reason == reason }
      if count == 0 { continue }
      parts.append("removed \(parts.isEmpty ? Quantities.count(count, "export") : "\(count)") \(words)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
