/// Why an artifact does not count as signed by somebody who is trusted.
public enum SignatureFault: Error, Hashable, Sendable {
  /// There is no signature.
  case missing
  /// The signature's file cannot be read.
  case unreadable(reason: String)
  /// The signature's file is not one.
  case malformed(reason: String)
  /// The key is none of those that are trusted. Its id is 16 hexadecimal digits, as minisign(1) shows it.
  case unknownKey(id: String)
  /// The signature says that it is by a trusted key, which is named by its file. It is not, or it is of something else.
  case wrong(key: String)

  /// Whether it tells of somebody else's way of working, and so of many artifacts at once. The others are damage, or an attack.
  package var isOrdinary: Bool {
    switch self {
    case .missing, .unknownKey: true
    case .unreadable, .malformed, .wrong: false
    }
  }
}

extension SignatureFault: CustomStringConvertible {
  public var description: String { description(ofArtifacts: 1) }

  /// The fault of one artifact, or of several that have it.
  package func description(ofArtifacts count: Int) -> String {
    let (artifact, are) = count == 1 ? ("its artifact", "is") : ("\(count) artifacts", "are")
    return switch self {
    case .missing: "\(artifact) \(are) not signed"
    case .unreadable(let reason): "\(artifact)'s signature cannot be read: \(reason)"
    case .malformed(let reason): "\(artifact)'s signature is none: \(reason)"
    case .unknownKey(let id): "\(artifact) \(are) signed by a key that is not trusted (\(id))"
    case .wrong(let key): "\(artifact)'s signature by \(key) is wrong: it was made for something else, or changed"
    }
  }
}
