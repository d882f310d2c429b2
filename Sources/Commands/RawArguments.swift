internal import CLinux
internal import Glibc
internal import SystemPackage

/// Carries arguments that are not UTF-8 through a parser that knows only text.
///
/// File names are bytes. Each byte that is not part of valid UTF-8 becomes one of the 256 last private-use characters
/// (U+10FF00 + byte), and back; those characters themselves are carried byte by byte, so that nothing is ambiguous.
enum RawArguments {
  private static let firstCarrier: UInt32 = 0x10FF00

  /// The arguments of this process after its name.
  static func ofThisProcess() -> [String] {
    var arguments: [String] = []
    var count: Int32 = 0
    guard let all = clinux_arguments(&count) else { return [] }
    for index in 1..<max(1, Int(count)) {
      guard let text = all[index] else { break }
      // Text without the last plane, where the carriers are, stands for itself, which is known ten times faster.
      if strchr(text, 0xF4) == nil, let plain = String(validatingCString: text) {
        arguments.append(plain)
      } else {
        arguments.append(encode(UnsafeRawBufferPointer(start: text, count: strlen(text))))
      }
    }
    return arguments
  }

  static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      var decoder = UTF8()
      var iterator = rest.prefix(4).makeIterator()
      if case .scalarValue(let scalar) = decoder.decode(&iterator), scalar.value < firstCarrier {
        text.append(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else if let byte = rest.popFirst(), let carrier = Unicode.Scalar(firstCarrier + UInt32(byte)) {
        text.append(carrier)
      }
    }
    return String(text)
  }

  static func decode(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if scalar.value >= firstCarrier {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    return bytes
  }
}
