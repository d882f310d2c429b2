internal import Precompiler

/// The chain of things that one waited for another and that so made the run as long as it was: its stages up to the first
/// compilation, then what the lane did that was done last, then the rest.
struct CriticalPath {
  struct Step {
    let name: String
    let nanoseconds: UInt64
    /// How it is drawn.
    var style = "stage"
  }

  private(set) var steps: [Step] = []

  /// The longest are named, of those of the lane.
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
    // What it published while it compiled the next was not waited for.
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
