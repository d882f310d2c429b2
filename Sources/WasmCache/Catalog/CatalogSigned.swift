internal import Crypto

/// A statement that a key was found to have signed. That stays so, whatever becomes of the signature's file: only whether the key
/// is trusted may change, and the key is part of it.
package struct SignedStatement: Hashable, Sendable {
  /// SHA-256 over the key and the statement.
  let digest: Digest256
  /// When the signature was checked, in nanoseconds since 1970.
  let checked: Int64

  init(_ statement: ArtifactStatement, by key: VerificationKey, checked: Int64) {
    var hash = SHA256()
    hash.update(data: Array("signed by \(key.point.count)\n".utf8))
    hash.update(data: key.point)
    hash.update(data: statement.bytes)
    digest = Digest256(hash.finalize())
    self.checked = checked
  }

  fileprivate func checksum(_ checked: Int64) -> Int64 {
    var checksum = CatalogChecksum(.signed)
    checksum.add(digest.bytes)
    checksum.add(checked)
    return checksum.signed
  }
}

extension Catalog {
  /// Whether it is remembered that a key has signed a statement.
  func knows(_ statement: SignedStatement) -> Bool {
    read(or: false) { (_, connection) throws(SQLiteError) in
      let query = try connection.prepare("SELECT checked, checksum FROM signed WHERE statement = ?1")
      query.bind(1, statement.digest.bytes)
      guard try query.step() else { return false }
      guard statement.checksum(query.integer(0)) == query.integer(1) else {
        throw SQLiteError(damage: "a signed statement's checksum is wrong")
      }
      return true
    }
  }
}

extension SignedStatement {
  static func write(_ statements: [SignedStatement], _ connection: SQLiteConnection) throws(SQLiteError) {
    guard !statements.isEmpty else { return }
    let insertion = try connection.prepare("REPLACE INTO signed VALUES(?1, ?2, ?3)")
    for statement in statements {
      insertion.bind(1, statement.digest.bytes)
      insertion.bind(2, statement.checked)
      insertion.bind(3, statement.checksum(statement.checked))
      try insertion.run()
    }
  }
}
