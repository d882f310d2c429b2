/// Measurements of one quantity.
struct Samples {
  private let sorted: [Double]

  /// - Parameter values: at least one.
  init(_ values: [Double]) { sorted = values.sorted() }

  var median: Double { quantile(0.5) }
  var firstQuartile: Double { quantile(0.25) }
  var thirdQuartile: Double { quantile(0.75) }

  /// Interpolates between the two values next to the place.
  func quantile(_ fraction: Double) -> Double {
    let place = fraction * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}
