internal import Glibc
internal import Synchronization

/// Says of one artifact after the other whether it may be filed under an identity.
///
/// The artifacts of a run carry few different records: one for each level of WebAssembly that a module needed. A record is
/// compared with the identity's once, because that takes a tenth of the time in which a small module is compiled.
package final class ArtifactJudge: Sendable {
  private let identity: ArtifactIdentity
  private let accepted = Mutex<[[UInt8]]>([])

  /// More than there are levels.
  private static let mostKept = 16

  package init(_ identity: ArtifactIdentity) { self.identity = identity }

  /// Whether some bytes may be filed under the identity.
  package func accepts(_ artifact: UnsafeRawBufferPointer) -> Bool {
    guard artifact.starts(with: identity.format.magic), let record = identity.format.record(of: artifact) else {
      return identity.accepts(artifact)
    }
    if accepted.withLock({ known in known.contains { Self.areEqual($0, record) } }) { return true }
    guard identity.accepts(artifact) else { return false }
    accepted.withLock { known in
      if known.count < Self.mostKept { known.append(Array(record)) }
    }
    return true
  }

  private static func areEqual(_ known: [UInt8], _ record: UnsafeRawBufferPointer) -> Bool {
    guard known.count == record.count, let start = record.baseAddress else { return false }
    return memcmp(known, start, known.count) == 0
  }
}
