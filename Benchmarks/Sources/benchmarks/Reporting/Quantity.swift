/// Numbers as the table shows them, three digits each.
enum Quantity {
  /// The median and, in parentheses, the first and third quartile: `4.31 s (4.25–4.50)`.
  static func seconds(_ samples: Samples) -> String { spread(samples, timeUnit(samples.median)) }

  static func seconds(_ value: Double) -> String { text(value, timeUnit(value)) }

  static func bytes(_ samples: Samples) -> String { spread(samples, megabytes) }

  static func bytes(_ value: Double) -> String { text(value, megabytes) }

  /// `+3.10 ms`
  static func signedSeconds(_ value: Double) -> String {
    (value < 0 ? "-" : "+") + text(abs(value), timeUnit(abs(value)))
  }

  /// `1.04 ×`, and `1/412 ×` for what has no two digits behind the point.
  static func ratio(_ value: Double) -> String {
    value < 0.1 ? "1/\(threeDigits(1 / value)) ×" : "\(threeDigits(value)) ×"
  }

  /// `1.07`
  static func number(_ value: Double) -> String { threeDigits(value) }

  /// `10,000`
  static func count(_ number: Int) -> String {
    guard number >= 1000 else { return "\(number)" }
    let thousandth = String(number % 1000)
    return "\(count(number / 1000)),\(String(repeating: "0", count: 3 - thousandth.count))\(thousandth)"
  }

  private typealias Unit = (name: String, size: Double)

  private static let megabytes: Unit = ("MB", 1e6)

  private static func timeUnit(_ seconds: Double) -> Unit {
    seconds >= 1 ? ("s", 1) : seconds >= 1e-3 ? ("ms", 1e-3) : ("µs", 1e-6)
  }

  private static func spread(_ samples: Samples, _ unit: Unit) -> String {
    let quartiles = [samples.firstQuartile, samples.thirdQuartile].map { threeDigits($0 / unit.size) }
    return "\(text(samples.median, unit)) (\(quartiles.joined(separator: "–")))"
  }

  private static func text(_ value: Double, _ unit: Unit) -> String { "\(threeDigits(value / unit.size)) \(unit.name)" }

  private static func threeDigits(_ value: Double) -> String {
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    let scale = [1, 10, 100][decimals]
    let scaled = Int((value * Double(scale)).rounded())
    guard decimals > 0 else { return "\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
  }
}
