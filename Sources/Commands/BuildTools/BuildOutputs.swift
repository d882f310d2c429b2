internal import Exporting
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// Writes the files that a build tool wants from a run besides the cache: exports first, then the depfile, and last the
/// stamp, which must not be older than anything that it stands for.
struct BuildOutputs {
  let options: OutputOptions
  let roots: [FilePath]
  /// Files of settings that had a say.
  let configuration: [FilePath]
  /// Seconds to wait for others that write the same.
  let patience: Double
  let cancellation: Cancellation

  /// Makes artifacts again that were evicted or corrupt when they were opened, and tells of each module that has one.
  typealias MakeAgain = ([LostExport], _ wasMade: @escaping @Sendable (WasmHash) -> Void) throws -> Void

  func write(_ summary: RunSummary, makeAgain: MakeAgain) -> BuildReport {
    var report = BuildReport()
    if options.isEmpty || summary.isDryRun { return report }
    var artifacts = MadeArtifacts(summary, roots: roots)
    if let directory = options.output?.path {
      for collision in artifacts.removeCollisions() {
        report.complain(directory.pushing(collision.name), collision.message, .moduleFailed)
      }
      let exports = export(artifacts, into: directory, makeAgain)
      report.add(exports)
      if exports.isNoexec, summary.targets.contains(where: \.identity.backend.isNative) {
        report.warn(
          directory, "is on a file system that is mounted noexec, from which no runtime can map code")
      }
    }
    // A depfile or stamp of half the work would be wrong.
    guard summary.exitStatus == .success, summary.notDone == 0, report.status == .success else { return report }
    if let path = options.depfile?.path {
      do {
        try write(depfile(summary, artifacts).text(), to: path, &report)
      } catch {
        report.complain(error.path, error.message, .moduleFailed)
      }
    }
    if let path = options.stamp?.path, report.status == .success {
      write(stamp(summary), to: path, isLast: true, &report)
    }
    return report
  }

  private func export(
    _ artifacts: MadeArtifacts, into directory: FilePath, _ makeAgain: MakeAgain
  ) -> ExportReport {
    let exporter = Exporter(into: directory, usesHardLinks: options.hardLinks, patience: patience) { [cancellation] in
      cancellation.isCancelled
    }
    var report = exporter.run(artifacts.exports, sparing: artifacts.spared)
    LostArtifacts.whileAny(report.lost.count) {
      let retry = ExportRetry(report.lost, of: artifacts.exports, sparing: artifacts.spared, with: exporter)
      // What cannot be made again is reported as missing.
      do { try makeAgain(report.lost, retry.take) } catch { return nil }
      let later = retry.finish()
      report.retried(later)
      return later.lost.count
    }
    return report
  }

  private func write(_ text: [UInt8], to path: FilePath, isLast: Bool = false, _ report: inout BuildReport) {
    do { try WriteIfChanged.write(text, to: path, isLast: isLast) } catch {
      report.complain(error.path, error.description, .cacheUnwritable)
    }
  }

  // MARK: Texts

  private func depfile(_ summary: RunSummary, _ artifacts: MadeArtifacts) -> Depfile {
    var known: Set<FilePath> = []
    var toolchains: Set<ObjectIdentifier> = []
    let compilers = summary.targets.map(\.toolchain).filter { toolchains.insert(ObjectIdentifier($0)).inserted }
    let common = compilers.flatMap(\.files).filter { known.insert($0).inserted } + configuration
    if let stamp = options.stamp?.path {
      var depfile = Depfile(inputs: common, directories: directories(summary), isForMakeOnly: DepfileReader.isMake())
      depfile.add(stamp, from: summary.plan.contents.flatMap(\.paths))
      return depfile
    }
    var depfile = Depfile(inputs: common, directories: [], isForMakeOnly: DepfileReader.isMake())
    let directory = options.output?.path ?? "."
    for export in artifacts.exports { depfile.add(directory.pushing(export.name), from: [export.path]) }
    return depfile
  }

  /// The scanned directories, without those of exports that have no modules: exporting itself changes these.
  private func directories(_ summary: RunSummary) -> [FilePath] {
    let sorted = summary.scannedDirectories.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    guard let output = options.output?.path.resolved else { return sorted }
    let withModules = Set(summary.plan.contents.flatMap(\.paths).map { $0.removingLastComponent() })
    return sorted.filter { withModules.contains($0) || $0.resolved?.starts(with: output) != true }
  }

  /// A line for each artifact: engine, module, path. It differs when any of these does.
  private func stamp(_ summary: RunSummary) -> [UInt8] {
    var text = "wasmprecompile stamp 1\n"
    for target in summary.targets {
      let engine = target.identity.directoryName
      for content in summary.plan.contents {
        for path in content.paths { text += "\(engine) \(content.facts.hash) \(path.printable)\n" }
      }
    }
    return Array(text.utf8)
  }
}
