internal import ArgumentParser
internal import Precompiler
internal import WasmCache

extension ByteCount: OptionValue {
  /// The form of a value, in messages.
  static let expectation = "a size such as 500M or 5Gi"

  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}

/// How large something may be, as an argument: a ``ByteCount``, or `none` for any size.
struct SizeLimit: OptionValue, Hashable {
  /// Nil for any size.
  let bytes: Int?

  static let expectation = "\(ByteCount.expectation), or none"

  init(_ bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    if argument == "none" {
      bytes = nil
    } else {
      guard let count = ByteCount(argument) else { return nil }
      bytes = count.bytes
    }
  }

  var defaultValueDescription: String { bytes.map { "\(ByteCount($0))" } ?? "none" }
}

/// A length of time as an argument: `30d`, `12h`, `90m`, `45s`, `2w`.
struct TimeSpan: ExpressibleByArgument, Hashable {
  let nanoseconds: Int64

  init?(argument: String) {
    let seconds: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    guard let unit = argument.last.flatMap({ seconds[$0] }), let number = Double(argument.dropLast()), number >= 0,
      number * unit < 9e9
    else { return nil }
    nanoseconds = Int64(number * unit * 1e9)
  }
}

/// A part of a file system as an argument: `10%`, or as ``ByteCount`` has it.
struct FreeSpace: ExpressibleByArgument, Hashable {
  let value: EvictionLimits.FreeSpace

  init?(argument: String) {
    if argument.hasSuffix("%") {
      guard let percent = Double(argument.dropLast()), (0...100).contains(percent) else { return nil }
      value = .percent(percent)
    } else {
      guard let count = ByteCount(argument: argument) else { return nil }
      value = .bytes(Int64(count.bytes))
    }
  }
}
