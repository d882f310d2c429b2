/// Where a tool keeps the parts of a secret key in its file. Numbers are bytes.
struct SecretKeyLayout {
  let size: Int
  private let idStart: Int
  private let secretStart: Int
  /// The bytes that say that there is no password.
  private let open: (start: Int, bytes: [UInt8])

  /// Source: signify's `struct enckey`: kind 2, way to the key 2, rounds 4, salt 16, check 8, id 8, secret 64. No rounds, no password.
  static let signify = SecretKeyLayout(size: 104, idStart: 32, secretStart: 40, open: (4, [0, 0, 0, 0]))
  /// Source: minisign's `SeckeyStruct`: kind 2, way to the key 2, kind of check 2, salt 32, two limits 8 each, id 8, secret 64, check 32.
  /// Its way to the key is "Sc", or two zeros without a password.
  static let minisign = SecretKeyLayout(size: 158, idStart: 54, secretStart: 62, open: (2, [0, 0]))

  func isWithoutPassword(_ bytes: [UInt8]) -> Bool { bytes[open.start...].starts(with: open.bytes) }
  func id(_ bytes: [UInt8]) -> KeyID { KeyID(bytes[idStart..<idStart + KeyID.size]) }
  func secret(_ bytes: [UInt8]) -> [UInt8] { Array(bytes[secretStart..<secretStart + 64]) }

  /// Whether a file's bytes are as many as a secret key has.
  static func isSecret(_ bytes: [UInt8]) -> Bool { [signify.size, minisign.size].contains(bytes.count) }
}
