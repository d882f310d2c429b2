internal import Precompiler

/// A drawing of each lane's work over time: a row for the run's stages, and for each lane a row for its own work and a
/// thin one for publishing.
struct Timeline {
  private let spans: [RunTimings.Span]
  private let total: UInt64
  /// The engines' names.
  private let names: [String]
  private let remoteLane: Int?

  private static let width = 1000.0
  private static let left = 60.0
  private static let row = 34.0

  /// - Parameter remoteLane: the number of the lane of a store on another machine.
  init(_ spans: [RunTimings.Span], total: UInt64, names: [String], remoteLane: Int? = nil) {
    self.remoteLane = remoteLane
    self.spans = spans
    self.total = max(1, total)
    self.names = names
  }

  var html: String {
    let lanes = (spans.compactMap(\.lane).max() ?? -1) + 1
    let height = Self.row * Double(lanes + 1) + 20
    let labels = ["run"] + (0..<lanes).map { $0 == remoteLane ? "remote" : "lane \($0 + 1)" }
    let texts = labels.enumerated().map {
      "<text x=\"0\" y=\"\(Self.row * Double($0.offset) + 16)\">\($0.element)</text>"
    }
    return """
      <div class="scroll"><svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="what each lane did when">
      \(axis(height: height))\(texts.joined())
      \(spans.map(rectangle).joined(separator: "\n"))
      </svg></div>
      <p class="key">\(key)</p>
      """
  }

  private var key: String {
    let engines = names.enumerated().map { ("engine\($0.offset % 3)", "compile with \($0.element)") }
    let others = [
      ("stage", "stage of the run"), ("start", "start a compiler, or wait"), ("store", "store and publish"),
    ]
    return (engines + others).map { "<span><i class=\"\($0.0)\"></i>\($0.1.escaped)</span>" }.joined()
  }

  /// Rounds to hundredths, which is less than a pixel.
  static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

  private func position(_ nanoseconds: UInt64) -> Double {
    Self.left + Double(nanoseconds) / Double(total) * (Self.width - Self.left - 1)
  }

  private func rectangle(_ span: RunTimings.Span) -> String {
    let top = Self.row * Double(span.lane.map { $0 + 1 } ?? 0)
    let (y, height) = span.kind.isBesideCompiling ? (top + 21, 6.0) : (top + 3, 18.0)
    let x = position(span.start)
    // The least width keeps even the shortest span visible.
    let width = max(0.6, position(span.end) - x)
    let name = span.kind.rawValue + (span.job.map { " \($0.content.path.printable)" } ?? "")
    let title = "\(name), \(Quantities.duration(nanoseconds: span.nanoseconds))".escaped
    return
      "<rect class=\"\(span.style)\" x=\"\(Self.rounded(x))\" y=\"\(y)\" width=\"\(Self.rounded(width))\" "
      + "height=\"\(height)\"><title>\(title)</title></rect>"
  }

  /// Lines at round times, at most ten of them.
  private func axis(height: Double) -> String {
    var step: UInt64 = 1000
    while total / step > 10 { step *= (total / (step * 2) <= 10 ? 2 : total / (step * 5) <= 10 ? 5 : 10) }
    return stride(from: 0, through: total, by: Int(step)).map { time in
      let x = Self.rounded(position(time))
      let line = "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(height - 16)\"/>"
      // At the very end there is no room for half of the text.
      guard position(time) < Self.width - 25 else { return line }
      let text = time == 0 ? "0" : Quantities.duration(nanoseconds: time)
      return line + "<text class=\"time\" x=\"\(x)\" y=\"\(height - 4)\">\(text)</text>"
    }.joined()
  }
}

extension RunTimings.Span {
  /// The class of its rectangle on the page.
  var style: String {
    switch kind {
    case .compile: "engine\((job?.target.order ?? 0) % 3)"
    case .store, .publish: "store"
    case .receive: "store"
    case .start, .wait, .await, .handOver: "start"
    case .engine, .scan, .hash, .lookUp, .fetch, .synchronize, .upload, .remember: "stage"
    }
  }
}
