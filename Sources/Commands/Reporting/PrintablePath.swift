internal import LinuxIO
internal import SystemPackage

extension FilePath {
  /// The path as it may be shown: as it is, or quoted for the shell (`$'…'`) when it holds anything that could garble a
  /// terminal or a log: control characters, bytes that are not UTF-8, characters that reorder text.
  var printable: String {
    let carried = RawArguments.encode(bytes)
    guard carried.unicodeScalars.contains(where: \.mustBeEscaped) else { return carried }
    var text = "$'"
    for scalar in carried.unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case "\u{1b}": text += "\\e"
      case "'", "\\": text += "\\\(scalar)"
      case _ where scalar.mustBeEscaped:
        for byte in RawArguments.decode(String(scalar)) {
          let digits = String(byte, radix: 16)
          text += "\\x" + (digits.count == 1 ? "0" : "") + digits
        }
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "'"
  }
}

extension Unicode.Scalar {
  /// Whether it could garble a terminal or a log.
  var mustBeEscaped: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
    default: false
    }
  }
}

extension String {
  /// Foreign text, such as an engine's message, on one line and without anything that could garble a terminal.
  var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.mustBeEscaped ? "\u{fffd}" : $0 }))
  }
}
