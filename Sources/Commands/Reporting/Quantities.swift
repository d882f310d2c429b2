/// Sizes and times as people read them.
enum Quantities {
  /// Decimal units, three digits: `8 B`, `49.7 kB`, `1.24 MB`.
  static func bytes(_ count: Int) -> String {
    var value = Double(count)
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(threeDigits(value)) \(units[unit])"
  }

  /// `850 µs`, `12.3 ms`, `4.21 s`, `3 min 20 s`.
  static func duration(nanoseconds: UInt64) -> String {
    let seconds = Double(nanoseconds) / 1e9
    if seconds >= 59.95 { return "\(Int(seconds.rounded()) / 60) min \(Int(seconds.rounded()) % 60) s" }
    if seconds >= 0.9995 { return "\(threeDigits(seconds)) s" }
    if seconds >= 0.0009995 { return "\(threeDigits(seconds * 1e3)) ms" }
    return "\(Int((seconds * 1e6).rounded())) \(Glyphs.micro)"
  }

  /// A length of time to one unit: `12 s`, `3 min`, `5 h`, `41 days`.
  static func age(nanoseconds: Int64) -> String {
    let seconds = max(0, nanoseconds / 1_000_000_000)
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min"
    case ..<86_400: return "\(seconds / 3600) h"
    default: return count(Int(seconds / 86_400), "day")
    }
  }

  static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  private static func threeDigits(_ value: Double) -> String {
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    let scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1
    let scaled = Int((value * Double(scale)).rounded())
    guard decimals > 0 else { return "\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
  }
}
