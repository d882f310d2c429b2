internal import CLinux
internal import LinuxIO
internal import SystemPackage

/// The line at the bottom of a terminal that says how far a run is: a bar, counts, how long it has taken and may take, and what
/// has been compiled for the longest time. The terminal is asked for its width each time, so that it may be resized.
///
/// Time is foreseen from sizes: compilation takes about as long as a module is large.
struct StatusLine {
  private struct Running {
    let name: String
    let since: MonotonicInstant
  }

  private let output: Output
  private var total = 0
  private var totalBytes = 0
  private var done = 0
  private var doneBytes = 0
  /// In the order in which they began.
  private var running: [Running] = []
  private var start = MonotonicInstant.now()
  /// How long the whole will take, in seconds, as it was foreseen when a module was last done.
  private var foreseen: Double?
  /// How many artifacts another machine is still asked for.
  var awaited = 0
  private var isDrawn = false

  init(_ output: Output) { self.output = output }

  mutating func begin(_ sizes: [Int], now: MonotonicInstant = .now()) {
    clear()
    total = sizes.count
    totalBytes = sizes.reduce(0, +)
    (done, doneBytes, running, foreseen, awaited) = (0, 0, [], nil, 0)
    start = now
  }

  /// Whether there is anything to be seen that becomes another with time.
  var isAtWork: Bool { total > 0 && done < total }

  mutating func began(_ name: String, size: Int, now: MonotonicInstant = .now()) {
    running.append(Running(name: name, since: now))
    draw()
  }

  /// A module is no longer compiled, though its result is not stored yet.
  mutating func storing(_ name: String) {
    guard let index = running.firstIndex(where: { $0.name == name }) else { return }
    running.remove(at: index)
    draw()
  }

  mutating func finished(_ name: String, size: Int, now: MonotonicInstant = .now()) {
    if let index = running.firstIndex(where: { $0.name == name }) { running.remove(at: index) }
    done += 1
    doneBytes += size
    let passed = seconds(from: start, to: now)
    foreseen = fraction > 0.02 && passed > 0.5 ? passed / fraction : nil
    draw()
  }

  mutating func draw() {
    guard isAtWork else { return clear() }
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
    var parts = ["\(done)/\(total)"]
    if !running.isEmpty { parts.append("\(running.count) running") }
    if awaited > 0 { parts.append("\(awaited) asked for") }
    let passed = seconds(from: start, to: now)
    if passed >= 1 { parts.append(Self.time(passed)) }
    // The estimate is good to a second at best. When it has proved wrong, there is none until the next module is done.
    if let foreseen, foreseen - passed > 0 { parts.append("\(Self.time((foreseen - passed).rounded(.up))) left") }
    let facts = parts.joined(separator: ", ")
    let barWidth = min(30, columns / 4)
    var line = barWidth >= 8 ? "[\(bar(width: barWidth))] \(facts)" : facts
    if let longest = running.first, line.columns + 4 < columns {
      let age = seconds(from: longest.since, to: now)
      let suffix = age >= 1 ? " (\(Self.time(age)))" : ""
      let room = columns - line.columns - 2 - suffix.columns
      line += ": " + (room >= 4 ? longest.name.fitting(columns: room) + suffix : longest.name)
    }
    return line.fitting(columns: columns)
  }

  private var fraction: Double { totalBytes > 0 ? Double(doneBytes) / Double(totalBytes) : 0 }

  private func bar(width: Int) -> String {
    let filled = Int(fraction * Double(width))
    return String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
  }

  private func seconds(from start: MonotonicInstant, to end: MonotonicInstant) -> Double {
    Double(end.nanoseconds(since: start)) / 1e9
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 60 ? "\(Int(seconds)) s" : "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
  }
}
