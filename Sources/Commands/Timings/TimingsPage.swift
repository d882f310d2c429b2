internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// A run as one page that needs nothing else: no script, no network, light or dark as its reader has it.
struct TimingsPage {
  private let summary: RunSummary
  private let spans: [RunTimings.Span]
  private let lanes: Int

  /// - Parameter lanes: how many modules could be compiled at the same time.
  init(_ summary: RunSummary, _ spans: [RunTimings.Span], lanes: Int) {
    self.summary = summary
    self.spans = spans
    self.lanes = lanes
  }

  var html: String {
    """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>wasmprecompile timings</title>
    <style>\(Self.style)</style>
    <h1>\(summary.line.escaped)</h1>
    <p class="engines">\(engines)</p>
    <p class="engines">\(origin)</p>
    <pre>\(commandLine)</pre>
    <ul class="counts">\(counts)</ul>
    \(failures)
    <h2>Lanes</h2>
    \(Timeline(spans, total: summary.nanoseconds, names: summary.targets.map(\.name), remoteLane: remoteLane).html)
    <h2>Critical path</h2>
    \(criticalPath)
    <h2>Modules</h2>
    \(modules)
    </html>

    """
  }

  private var remoteLane: Int? { spans.first { $0.kind.isOfRemote }?.lane }

  private var engines: String {
    summary.targets.map { "\($0.identity.compiler), \($0.name), \($0.identity.shortDigest)".escaped }.joined(
      separator: "<br>")
  }

  /// What made the page, and when.
  private var origin: String {
    let begun = WallClock.now() - Int64(clamping: summary.nanoseconds)
    return
      "\(Program.name) \(Program.version), \(LocalTime.text(nanoseconds: begun)), \(Quantities.count(lanes, "job"))"
      .escaped
  }

  private var commandLine: String {
    let words = CommandLine.arguments.dropFirst().map { FilePath(bytes: RawArguments.decode($0)) }
    return ([Program.name] + words.map(shellWord)).joined(separator: " ").escaped
  }

  // MARK: Failures

  /// What failed and why, in the words of the run.
  private var failures: String {
    var rows = summary.rejected.map { (path: $0.path, target: "", message: $0.failure.message) }
    for outcome in summary.outcomes {
      guard case .failed(let failure) = outcome.result else { continue }
      let message = failure.message(alternative: outcome.alternative)
      rows += outcome.job.content.paths.map { ($0, outcome.job.target.name, message) }
    }
    if rows.isEmpty { return "" }
    let cells = rows.map { row in
      "<tr><td>\(row.path.printable.escaped)</td><td class=\"word\">\(row.target.escaped)</td>"
        + "<td>\(row.message.printable.escaped)</td></tr>"
    }
    return "<h2>Failed</h2>\n<table><thead><tr><th>module</th><th>backend</th><th>reason</th></tr></thead>\n"
      + "\(cells.joined(separator: "\n"))</table>"
  }

  // MARK: Counts

  private var counts: String {
    var counts = [("hits", summary.upToDate)]
    for reason in MissReason.allCases {
      let count = summary.plan.jobs.count { $0.reason == reason }
      if count > 0 { counts.append((reason.rawValue, count)) }
    }
    counts += [
      ("compiled", summary.compiled), ("compiled by the remote", summary.compiledRemotely),
      ("fetched", summary.fetched), ("shared", summary.shared),
      ("errors of the remote", summary.remote?.errors ?? 0),
      ("failed", summary.failed), ("not begun", summary.notDone),
    ].filter { $0.1 > 0 }
    return counts.map { "<li><b>\($0.1)</b> \($0.0)</li>" }.joined()
  }

  // MARK: Critical path

  private var criticalPath: String {
    let steps = CriticalPath(spans, total: summary.nanoseconds).steps
    let rows = steps.map { step in
      let part = summary.nanoseconds > 0 ? 100 * Double(step.nanoseconds) / Double(summary.nanoseconds) : 0
      return "<tr><td>\(step.name.escaped)</td>\(Self.cell(step.nanoseconds))"
        + "<td class=\"bar\"><i class=\"\(step.style)\" style=\"width:\(Timeline.rounded(part))%\"></i></td></tr>"
    }
    return "<table>\(rows.joined())</table>"
  }

  // MARK: Modules

  private var modules: String {
    let compiled = summary.outcomes.compactMap { outcome -> (job: Job, size: Int, nanoseconds: UInt64)? in
      guard case .compiled(let size, let nanoseconds) = outcome.result else { return nil }
      return (outcome.job, size, nanoseconds)
    }
    guard let longest = compiled.map(\.nanoseconds).max() else { return "<p>Nothing was compiled.</p>" }
    let rows = compiled.sorted { $0.nanoseconds > $1.nanoseconds }.map { row in
      let part = longest > 0 ? 100 * Double(row.nanoseconds) / Double(longest) : 0
      return """
        <tr><td>\(row.job.content.path.printable.escaped)</td><td class="word">\(settings(row.job))</td>\
        <td class="word more">\(row.job.reason.rawValue)</td>\
        <td class="number more">\(Quantities.bytes(row.job.content.facts.size))</td>\
        <td class="number more">\(Quantities.bytes(row.size))</td>\(Self.cell(row.nanoseconds))\
        <td class="bar more"><i class="engine\(row.job.target.order % 3)" style="width:\(Timeline.rounded(part))%"></i></td></tr>

        """
    }
    let heads = """
      <th>module</th><th>backend</th><th class="more">reason</th><th class="number more">size</th>\
      <th class="number more">artifact</th><th class="number">compiling</th><th class="more"></th>
      """
    return "<table><thead><tr>\(heads)</tr></thead>\n\(rows.joined())</table>"
  }

  private func settings(_ job: Job) -> String { job.target.name.escaped }

  private static func cell(_ nanoseconds: UInt64) -> String {
    "<td class=\"number\">\(Quantities.duration(nanoseconds: nanoseconds))</td>"
  }

  private static let style = """
    :root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --faint: #6b7480; --line: #d8dde3;
      --e0: #2f6fde; --e1: #d9822b; --e2: #2f9e63; --stage: #8a63c9; --start: #9aa4b0; --store: #c2477f; }
    @media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e4e8ec; --faint: #98a2ad; --line: #333a42;
      --e0: #6aa0ff; --e1: #f0a85c; --e2: #5cc98f; --stage: #b594ec; --start: #707b87; --store: #e881ae; } }
    body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; background: var(--back); color: var(--text);
      font: 15px/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
    pre { overflow-x: auto; }
    .engines, .key { color: var(--faint); }
    .counts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; padding: 0; list-style: none; }
    .counts b { font-size: 1.3rem; }
    .scroll { overflow-x: auto; }
    svg { display: block; width: 100%; min-width: 50rem; height: auto; font: 11px system-ui, sans-serif; }
    svg text { fill: var(--faint); } .time { text-anchor: middle; } svg line { stroke: var(--line); }
    rect { stroke: var(--back); stroke-width: .5; }
    .engine0 { fill: var(--e0); background: var(--e0); } .engine1 { fill: var(--e1); background: var(--e1); }
    .engine2 { fill: var(--e2); background: var(--e2); } .stage { fill: var(--stage); background: var(--stage); }
    .start { fill: var(--start); background: var(--start); } .store { fill: var(--store); background: var(--store); }
    .key { display: flex; flex-wrap: wrap; gap: 0 1.4em; }
    .key i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
    table { border-collapse: collapse; width: 100%; }
    td, th { padding: .15rem .6rem .15rem 0; text-align: left; border-bottom: 1px solid var(--line); }
    th { color: var(--faint); font-weight: normal; } td:first-child { overflow-wrap: anywhere; }
    .word { white-space: nowrap; }
    .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
    .bar { width: 24%; } .bar i { display: block; height: .8em; min-width: 1px; }
    /* On a narrow screen, what a module is and how long it took is enough. */
    @media (max-width: 44rem) { .more { display: none; } }
    """
}

extension String {
  /// The text, escaped for text and for attributes of HTML.
  var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
