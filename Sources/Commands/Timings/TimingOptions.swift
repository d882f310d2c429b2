internal import ArgumentParser
internal import Exporting
internal import Precompiler
internal import SystemPackage

/// Where a run is drawn.
struct TimingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write a page that shows what happened when: lanes, modules by compile time, hits and misses, the critical path.",
      valueName: "file"),
    completion: .file(extensions: ["html"]))
  var timings: PathArgument?

  @Option(
    help: ArgumentHelp("Write the same in Chrome's trace format, for Perfetto and the like.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var trace: PathArgument?

  var isEmpty: Bool { timings == nil && trace == nil }

  /// Writes what was asked for.
  func write(_ summary: RunSummary, _ recorded: RunTimings) throws(RunFailure) {
    let spans = recorded.spans
    if let path = timings?.path { try Self.write(TimingsPage(summary, spans).html, to: path) }
    if let path = trace?.path {
      var bytes: [UInt8] = []
      TraceFile(summary, spans).json.write(to: &bytes)
      try Self.write(String(decoding: bytes, as: UTF8.self) + "\n", to: path)
    }
  }

  private static func write(_ text: String, to path: FilePath) throws(RunFailure) {
    do { try KeptFile.write(Array(text.utf8), to: path) } catch {
      throw RunFailure(status: .outputLost, message: "\(path.printable): cannot be written: \(error.reason)")
    }
  }
}
