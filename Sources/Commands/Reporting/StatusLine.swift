internal import CLinux
internal import LinuxIO
internal import SystemPackage

/// The line at the bottom of a terminal that says how far a run is: a bar, counts, what is compiled, and how long it may
/// take. The terminal is asked for its width each time, so that it may be resized.
///
/// Time is foreseen from sizes: compilation takes about as long as a module is large.
struct StatusLine {
  private let output: Output
  private var total = 0
  private var totalBytes = 0
  private var done = 0
  private var doneBytes = 0
  private var running: [String] = []
  private var start = MonotonicInstant.now()
  private var isDrawn = false

  init(_ output: Output) { self.output = output }

  mutating func begin(_ sizes: [Int]) {
    total = sizes.count
    totalBytes = sizes.reduce(0, +)
    start = .now()
  }

  mutating func began(_ name: String, size: Int) {
    running.append(name)
    draw()
  }

  /// A module is no longer compiled, though its result is not stored yet.
  mutating func storing(_ name: String) {
    guard let index = running.firstIndex(of: name) else { return }
    running.remove(at: index)
    draw()
  }

  mutating func finished(_ name: String, size: Int) {
    if let index = running.firstIndex(of: name) { running.remove(at: index) }
    done += 1
    doneBytes += size
    draw()
  }

  mutating func draw() {
    guard total > 0, done < total else { return clear() }
    let columns = Int(clinux_terminal_columns(output.descriptor.rawValue))
    // The last column stays free: writing it makes some terminals begin a new line.
    output.write("\r\u{1b}[K" + text(columns: (columns > 0 ? columns : 80) - 1))
    isDrawn = true
  }

  mutating func clear() {
    if isDrawn { output.write("\r\u{1b}[K") }
    isDrawn = false
  }

  /// The line, cut to what fits.
  func text(columns: Int, now: MonotonicInstant = .now()) -> String {
    let counts = "\(done)/\(total)"
    var parts = [counts]
    if !running.isEmpty { parts.append("\(running.count) running") }
    // The estimate is good to a second at best.
    if let left = secondsLeft(now) { parts.append((left < 60 ? "\(Int(left)) s" : "\(Int(left) / 60) min") + " left") }
    let facts = parts.joined(separator: ", ")
    let barWidth = min(30, columns / 4)
    var line = barWidth >= 8 ? "[\(bar(width: barWidth))] \(facts)" : facts
    if let newest = running.last, line.columns + 4 < columns { line += ": \(newest)" }
    return line.fitting(columns: columns)
  }

  private var fraction: Double { totalBytes > 0 ? Double(doneBytes) / Double(totalBytes) : 0 }

  private func bar(width: Int) -> String {
    let filled = Int(fraction * Double(width))
    return String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
  }

  private func secondsLeft(_ now: MonotonicInstant) -> Double? {
    let passed = Double(now.nanoseconds(since: start)) / 1e9
    guard fraction > 0.02, passed > 0.5 else { return nil }
    return (passed / fraction * (1 - fraction)).rounded(.up)
  }
}
