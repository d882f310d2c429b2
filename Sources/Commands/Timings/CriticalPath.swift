internal import Precompiler

/// The chain of steps that made the run as long as it was, each waiting for the one before: its stages up to the first
/// compilation, then the work of the lane that was done last, then the rest.
struct CriticalPath {
  struct Step {
    let name: String
    let nanoseconds: UInt64
    /// The class with which it is drawn.
    var style = "stage"
  }

  private(set) var steps: [Step] = []

  /// The number of the lane's longest steps that are named.
  private static let named = 12

  /// - Parameter spans: in the order in which they began.
  init(_ spans: [RunTimings.Span], total: UInt64) {
    func step(_ span: RunTimings.Span) -> Step {
      let job = span.job.map { " \($0.content.path.printable) with \($0.target.name)" } ?? ""
      return Step(name: span.kind.rawValue + job, nanoseconds: span.nanoseconds, style: span.style)
    }
    let stages = spans.filter { $0.lane == nil }
    let last = spans.filter { $0.lane != nil }.max { $0.end < $1.end }
    let lane = spans.filter { $0.lane != nil && $0.lane == last?.lane }
    let begin = lane.first?.start ?? total
    for stage in stages where stage.start < begin { steps.append(step(stage)) }
    // The lane did not wait for publishing while it compiled the next module.
    var end: UInt64 = 0
    var chain: [RunTimings.Span] = []
    for span in lane where !span.kind.isBesideCompiling || span.end == last?.end {
      chain.append(span)
      end = max(end, span.end)
    }
    let threshold = chain.map(\.nanoseconds).sorted(by: >).dropFirst(Self.named).first ?? 0
    var others = (count: 0, nanoseconds: UInt64(0))
    for span in chain {
      if span.nanoseconds > threshold {
        steps.append(step(span))
      } else {
        others.count += 1
        others.nanoseconds += span.nanoseconds
      }
    }
    if others.count > 0 {
      steps.append(Step(name: "\(others.count) shorter steps of the same lane", nanoseconds: others.nanoseconds))
    }
    for stage in stages where stage.start >= begin { steps.append(step(stage)) }
    let known = steps.reduce(0) { $0 + $1.nanoseconds }
    if total > known { steps.append(Step(name: "everything else", nanoseconds: total - known)) }
  }
}
