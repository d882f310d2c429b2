internal import ArgumentParser
internal import WasmCache

/// A number of bytes as an argument: `5G` and `5GB` are decimal, `5Gi` and `5GiB` binary.
struct ByteCount: ExpressibleByArgument, Hashable {
  let value: Int64

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = argument.dropFirst(digits.count).lowercased()
    let units: [(prefix: String, decimal: Double, binary: Double)] = [
      ("k", 1e3, 0x1p10), ("m", 1e6, 0x1p20), ("g", 1e9, 0x1p30), ("t", 1e12, 0x1p40),
    ]
    var factor: Double?
    if unit.isEmpty || unit == "b" { factor = 1 }
    for (prefix, decimal, binary) in units {
      if unit == prefix || unit == prefix + "b" { factor = decimal }
      if unit == prefix + "i" || unit == prefix + "ib" { factor = binary }
    }
    guard let factor, let number = Double(digits), number.isFinite, number * factor < 0x1p62 else { return nil }
    value = Int64(number * factor)
  }
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
      value = .bytes(count.value)
    }
  }
}
