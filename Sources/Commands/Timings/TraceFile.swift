internal import Precompiler
internal import WasmCache

/// A run in Chrome's trace-event format: complete events in microseconds, a thread for the run and one for each lane.
///
/// Source: "Trace Event Format" (Google).
struct TraceFile {
  private let summary: RunSummary
  private let spans: [RunTimings.Span]

  init(_ summary: RunSummary, _ spans: [RunTimings.Span]) {
    self.summary = summary
    self.spans = spans
  }

  var json: JSON {
    var events: [JSON] = [name("process_name", thread: 0, Program.name), name("thread_name", thread: 0, "run")]
    let remote = spans.first { $0.kind.isOfRemote }?.lane
    for lane in Set(spans.compactMap(\.lane)).sorted() {
      let title = lane == remote ? "remote" : "lane \(lane + 1)"
      events.append(name("thread_name", thread: Self.thread(lane), title))
      events.append(name("thread_name", thread: Self.thread(lane) + 1, "\(title), publishing"))
    }
    events += spans.map(event)
    return ["displayTimeUnit": "ms", "traceEvents": .array(events)]
  }

  /// Publishing overlaps with compiling, and events of one thread must not overlap.
  private static func thread(_ lane: Int) -> Int { 1 + 2 * lane }

  private func name(_ what: String, thread: Int, _ name: String) -> JSON {
    [
      "name": .string(what), "ph": "M", "pid": 1, "tid": .number(thread), "args": ["name": .string(name)],
    ]
  }

  private func event(_ span: RunTimings.Span) -> JSON {
    let thread = span.lane.map { Self.thread($0) + (span.kind.isBesideCompiling ? 1 : 0) } ?? 0
    let arguments: JSON =
      span.job.map { job in
        [
          "module": JSON(job.content.path), "backend": .string(job.target.name),
          "size": JSON(job.content.facts.size), "reason": .string(job.reason.rawValue),
        ]
      } ?? [:]
    return [
      "name": .string(span.job?.content.path.printable ?? span.kind.rawValue), "cat": .string(span.kind.rawValue),
      "ph": "X", "pid": 1, "tid": .number(thread), "ts": JSON(span.start / 1000), "dur": JSON(span.nanoseconds / 1000),
      "args": arguments,
    ]
  }
}
