internal import ArgumentParser
internal import Exporting
internal import Precompiler
internal import SystemPackage

/// The files that a run is drawn into.
struct TimingOptions: CommandOptions {
  @CommandOption(
    "timings",
    help: ArgumentHelp(
      "Write a page that shows what happened when: lanes, modules by compile time, hits and misses, the critical path.",
      valueName: "file"),
    completion: .file(extensions: ["html"]))
  var timings: PathArgument?

  @CommandOption(
    "trace",
    help: ArgumentHelp("Write the same in Chrome's trace format, for Perfetto and the like.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var trace: PathArgument?

  var isEmpty: Bool { timings == nil && trace == nil }

  func validate() throws {
    try timings?.requireNoModule("--timings")
    try trace?.requireNoModule("--trace")
    if let timings, timings.path == trace?.path {
      throw ValidationError("--timings and --trace are two files: \(timings.path.printable) cannot be both")
    }
  }

  /// Throws errors that would otherwise come only after all the work.
  ///
  /// - Parameter made: directories that the run makes.
  func requirePlaces(whenMade made: [FilePath]) throws(RunFailure) {
    for path in [timings, trace].compactMap({ $0?.path }) {
      do { try WriteIfChanged.requirePlace(for: path, whenMade: made) } catch { throw Self.failure(path, error) }
    }
  }

  /// Writes the files that were asked for.
  ///
  /// - Parameter lanes: how many modules could be compiled at the same time.
  func write(_ summary: RunSummary, _ recorded: RunTimings, lanes: Int) throws(RunFailure) {
    let spans = recorded.spans
    if let path = timings?.path { try Self.write(TimingsPage(summary, spans, lanes: lanes).html, to: path) }
    if let path = trace?.path {
      var bytes: [UInt8] = []
      TraceFile(summary, spans).json.write(to: &bytes)
      try Self.write(String(decoding: bytes, as: UTF8.self) + "\n", to: path)
    }
  }

  private static func write(_ text: String, to path: FilePath) throws(RunFailure) {
    do { try WriteIfChanged.write(Array(text.utf8), to: path) } catch { throw failure(path, error) }
  }

  private static func failure(_ path: FilePath, _ error: WriteIfChangedError) -> RunFailure {
    RunFailure(status: .cacheUnwritable, message: "\(path.printable): \(error)")
  }
}
