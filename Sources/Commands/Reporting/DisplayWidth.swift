/// How many columns text takes on a terminal: two for characters of East Asian scripts and for emoji, none for marks that
/// lie on the character before.
///
/// The C library is not asked: its answer depends on the locale, which need not be the terminal's. Source: Unicode
/// Standard Annex #11, the ranges whose East Asian Width is wide or fullwidth, with the unassigned code points between.
extension Unicode.Scalar {
  var columns: Int {
    switch value {
    case 0x20..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18D08,
      0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD:
      return 2
    default:
      switch properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format: return 0
      default: return properties.isEmojiPresentation ? 2 : 1
      }
    }
  }
}

extension String {
  var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

  /// As much of the text as fits, with `…` where it was cut.
  func fitting(columns: Int) -> String {
    guard self.columns > columns else { return self }
    var left = columns - 1
    let kept = unicodeScalars.prefix { scalar in
      left -= scalar.columns
      return left >= 0
    }
    return columns > 0 ? String(String.UnicodeScalarView(kept)) + Glyphs.ellipsis : ""
  }

  /// As much of the text's end as fits, with `…` where it was cut.
  func fittingEnd(columns: Int) -> String {
    guard self.columns > columns else { return self }
    var left = columns - 1
    let kept = unicodeScalars.reversed().prefix { scalar in
      left -= scalar.columns
      return left >= 0
    }
    return columns > 0 ? Glyphs.ellipsis + String(String.UnicodeScalarView(kept.reversed())) : ""
  }
}
