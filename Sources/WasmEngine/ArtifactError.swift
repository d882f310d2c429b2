/// Why an engine did not load an artifact: its reason, on one line.
public struct ArtifactError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The engine's words on one line.
  public let reason: String

  public var description: String { reason }
}
