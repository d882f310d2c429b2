internal import ArgumentParser

/// A part of many things as an argument: `8`, `5%` or `all`.
struct SampleSize: ExpressibleByArgument, Hashable {
  private enum Value: Hashable {
    case count(Int)
    case percent(Double)
  }

  private let value: Value

  init?(argument: String) {
    if argument == "all" {
      value = .percent(100)
    } else if argument.hasSuffix("%") {
      guard let percent = Double(argument.dropLast()), percent > 0, percent <= 100 else { return nil }
      value = .percent(percent)
    } else {
      guard let count = Int(argument), count > 0 else { return nil }
      value = .count(count)
    }
  }

  /// How many of some things that is; at least one of any.
  func count(of total: Int) -> Int {
    switch value {
    case .count(let count): min(count, total)
    case .percent(let percent): min(total, Int((Double(total) * percent / 100).rounded(.up)))
    }
  }
}
