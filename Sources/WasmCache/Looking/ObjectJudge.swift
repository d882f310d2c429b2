internal import Glibc
internal import LinuxIO
internal import Synchronization

/// Says whether an object is an artifact that an engine's entries may stand for: the judgement of all who look entries up.
///
/// It costs three system calls, whether the object is whole or not: the artifact's header and its record are at its start.
/// Only hashing finds other damage, see ``VerifiedEntries``.
final class ObjectJudge: Sendable {
  private let format: ArtifactFormat
  /// The engine's.
  private let record: [UInt8]
  /// The records of artifacts that the engine accepts. There are as many as combinations of features that modules need.
  private let accepted = Mutex<[AcceptedRecord]>([])

  private struct AcceptedRecord {
    let offset: Int
    let bytes: [UInt8]

    /// A longer record does not begin like another one: it has the same version, and so the same fields.
    func isIn(_ head: UnsafeRawBufferPointer) -> Bool {
      offset + bytes.count <= head.count
        && bytes.withUnsafeBytes { own in
          guard let own = own.baseAddress, let head = head.baseAddress else { return false }
          return memcmp(own, head + offset, bytes.count) == 0
        }
    }
  }

  /// Bytes of an artifact that are read. Engines put the record, of about a thousand bytes, behind the header.
  private static let headSize = 2048
  private static let mostAccepted = 32

  init(_ identity: ArtifactIdentity) {
    format = identity.format
    record = identity.record
  }

  /// Fails if the description does not say what artifacts look like: those of compilers that are programs carry no record.
  init?(_ description: EngineDescription) {
    guard description.format == ArtifactFormat.wasmtime.name, let record = [UInt8](hex: description.record.utf8) else {
      return nil
    }
    format = .wasmtime
    self.record = record
  }

  /// Why an object is none of the engine's artifacts; nil if nothing speaks against it, or it cannot be read.
  ///
  /// - Parameter size: bytes that it has.
  func fault(of digest: ArtifactDigest, size: Int, in cache: CacheDirectory) -> MissReason? {
    let name = CacheLayout.objectName(digest)
    guard
      let file = try? cache.objects.open(
        "\(name.directory)/\(name.file)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
    else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: Self.headSize, alignment: 16) { buffer -> MissReason? in
      guard let count = try? file.read(into: buffer, at: 0) else { return nil }
      let head = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if count == 0 { return .artifactCorrupt }
      if let end = ELFHeader.end(Array(head.prefix(ELFHeader.size))), end > size { return .artifactCorrupt }
      if accepted.withLock({ $0 }).contains(where: { $0.isIn(head) }) { return nil }
      if format.carriesRecord ? isAccepted(file, size: size) : format.accepts(head, record: record) { return nil }
      // It is seldom, and worth the truth.
      return (try? ArtifactDigest(hashing: file)) == digest ? .otherEngine : .artifactCorrupt
    }
  }

  private func isAccepted(_ file: borrowing Descriptor, size: Int) -> Bool {
    guard let contents = try? Mapping(file, size: size), format.accepts(contents.bytes, record: record) else {
      return false
    }
    if let own = format.record(of: contents.bytes), let start = contents.bytes.baseAddress, let its = own.baseAddress,
      its - start + own.count <= Self.headSize
    {
      let known = AcceptedRecord(offset: its - start, bytes: Array(own))
      accepted.withLock { if $0.count < Self.mostAccepted { $0.append(known) } }
    }
    return true
  }
}
