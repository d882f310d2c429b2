/// Ties an answer to its question. A child that a module took over can send answers before it is asked: without the number of a
/// question that it has not seen, none of them is believed.
struct QuestionNumber: Equatable {
  /// Bytes.
  static let size = 16

  private let bytes: [UInt8]

  /// A number that nobody can guess: two words of getrandom(2).
  static func random() -> QuestionNumber {
    var generator = SystemRandomNumberGenerator()
    return withUnsafeBytes(of: (generator.next(), generator.next()) as (UInt64, UInt64)) {
      QuestionNumber(bytes: Array($0))
    }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The number that a message begins with; nil if it is too short for one.
  init?(of message: [UInt8]) {
    guard message.count >= Self.size else { return nil }
    bytes = Array(message.prefix(Self.size))
  }

  /// A message with the number in front.
  func heading(_ message: [UInt8]) -> [UInt8] { bytes + message }

  /// The rest of a message, behind the number.
  static func rest(of message: [UInt8]) -> ArraySlice<UInt8> { message.dropFirst(size) }
}
