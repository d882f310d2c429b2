/// A date, a time or both, as RFC 3339 has them.
struct TOMLDate: Hashable {
  /// The text, with `T` between date and time, and `Z` for UTC.
  let text: String
  let hasDate: Bool
  let hasTime: Bool
  /// Whether it says how far the clock is from UTC.
  let hasOffset: Bool

  /// - Returns: nil if it is none.
  init?(_ text: String) {
    var rest = Array(text.uppercased().utf8)[...]
    var hasTime = true
    hasDate = Self.isDate(String(text.prefix(10)))
    if hasDate {
      rest = rest.dropFirst(10)
      hasTime = !rest.isEmpty
      if let separator = rest.popFirst(), separator != UInt8(ascii: "T"), separator != UInt8(ascii: " ") { return nil }
    }
    self.hasTime = hasTime
    if hasTime, !Self.takeTime(&rest) { return nil }
    hasOffset = !rest.isEmpty
    if hasOffset, !hasDate || !Self.isOffset(rest) { return nil }
    self.text = String(text.uppercased().map { $0 == " " ? "T" : $0 })
  }

  /// `1979-05-27`, if there is such a day.
  static func isDate(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
      (1...12).contains(month)
    else { return false }
    let isLeapYear = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  /// `07:32:00`, `07:32:00.5`
  private static func takeTime(_ text: inout ArraySlice<UInt8>) -> Bool {
    guard let clock = takeClock(&text), clock.hour < 24, clock.minute < 60, text.popFirst() == UInt8(ascii: ":"),
      let second = number(text.prefix(2)), second < 60
    else { return false }
    text = text.dropFirst(2)
    guard text.first == UInt8(ascii: ".") else { return true }
    let fraction = text.dropFirst().prefix(while: \.isDigit)
    text = text.dropFirst(1 + fraction.count)
    return !fraction.isEmpty
  }

  /// `Z`, `+01:00`
  private static func isOffset(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    let sign = rest.popFirst()
    if sign == UInt8(ascii: "Z") { return rest.isEmpty }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let clock = takeClock(&rest) else { return false }
    return clock.hour < 24 && clock.minute < 60 && rest.isEmpty
  }

  /// `07:32`
  private static func takeClock(_ text: inout ArraySlice<UInt8>) -> (hour: Int, minute: Int)? {
    guard let hour = number(text.prefix(2)), text.dropFirst(2).first == UInt8(ascii: ":"),
      let minute = number(text.dropFirst(3).prefix(2))
    else { return nil }
    text = text.dropFirst(5)
    return (hour, minute)
  }

  /// Digits and nothing else, at least two.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    digits.count >= 2 && digits.allSatisfy(\.isDigit) ? Int(String(decoding: digits, as: UTF8.self)) : nil
  }
}
