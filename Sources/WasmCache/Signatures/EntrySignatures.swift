internal import LinuxIO
package import SystemPackage

/// What became of an entry that was to be signed.
package enum EntrySigning: Hashable, Sendable {
  case signed
  /// It had a good signature by the same key.
  case signedBefore
  /// Another key has signed it. That is left alone.
  case signedByOther(KeyID)
  /// It is not what was stored, so nobody should vouch for it.
  case notSigned(reason: String)
}

extension CacheDirectory {
  /// The signature of an entry, unread by anybody so far.
  ///
  /// - Parameter entry: its place below the cache's directory of engines.
  func signature(ofEntry entry: String) throws(SignatureFault) -> [UInt8] {
    do throws(RegularFileError) {
      return try RegularFile(entry + SignatureFile.suffix, in: engines).contents(limit: SignatureFile.largest)
    } catch {
      switch error {
      case .system(let error) where error.errno == .noSuchFileOrDirectory: throw .missing
      case .tooLarge: throw .malformed(reason: "\(error)")
      default: throw .unreadable(reason: "\(error)")
      }
    }
  }

  /// Who has signed an entry's artifact. Its bytes are not read.
  ///
  /// - Parameters:
  ///   - path: the entry's.
  ///   - keys: those that are trusted.
  package func signer(ofEntryAt path: FilePath, among keys: TrustedKeys) throws(SignatureFault) -> VerificationKey {
    let (place, statement) = try statement(ofEntryAt: path)
    return try keys.verify(signature(ofEntry: place), of: statement)
  }

  /// What a signature of an entry is about, and the entry's place below the cache's directory of engines.
  package func statement(
    ofEntryAt path: FilePath
  ) throws(SignatureFault) -> (place: String, statement: ArtifactStatement) {
    guard let (module, engine, digest) = entry(at: path), let name = path.lastComponent?.string else {
      throw .unreadable(reason: "the entry is gone")
    }
    guard let statement = engine.description.flatMap({ ArtifactStatement($0, module, digest) }) else {
      throw .unreadable(reason: "\(CacheLayout.engineDescription) does not say what the entry is for")
    }
    return ("\(engine.directory)/\(name)", statement)
  }

  /// Signs all entries that are not signed, after a look at the bytes of each.
  ///
  /// - Parameters:
  ///   - replacesOthers: whether to put the signature in the place of another key's.
  ///   - report: called for each entry, when its signature is on the disk.
  package func sign(
    with key: SigningKey, replacingOthers replacesOthers: Bool, report: (FilePath, EntrySigning) -> Void
  ) throws(CacheError) {
    try requireWritable()
    var good: [FilePath] = []
    try verify(repair: false) { entry in
      if let fault = entry.fault {
        report(entry.path, .notSigned(reason: "\(fault)"))
      } else {
        good.append(entry.path)
      }
    }
    var signer = EntrySigner(self, key, try Publisher(self))
    for path in good {
      let found = state(ofEntryAt: path, key)
      switch found {
      case .signedByOther where replacesOthers, .signed: break
      default:
        report(path, found)
        continue
      }
      try signer.add(path, report)
    }
    try signer.finish(report)
  }

  /// - Returns: `signed` for an entry that can be.
  private func state(ofEntryAt path: FilePath, _ key: SigningKey) -> EntrySigning {
    do throws(SignatureFault) {
      _ = try signer(ofEntryAt: path, among: TrustedKeys([key.verificationKey]))
      return .signedBefore
    } catch {
      if case .unknownKey = error, let other = other(ofEntryAt: path) { return .signedByOther(other) }
      return .signed
    }
  }

  private func other(ofEntryAt path: FilePath) -> KeyID? {
    do throws(SignatureFault) {
      return try SignatureFile(signature(ofEntry: statement(ofEntryAt: path).place)).key
    } catch {
      return nil
    }
  }
}

/// Puts signatures beside entries, many at once, because the disk is waited for once for all of them.
private struct EntrySigner {
  private let cache: CacheDirectory
  private let key: SigningKey
  private let publisher: Publisher
  private var waiting: [(path: FilePath, place: String, signature: StagedSignature)] = []
  private var changed: Set<FilePath> = []

  private static let mostTogether = 128
  /// A flush of the whole file system may have more to write than fewer files.
  private static let fewestForWholeFileSystem = 8

  init(_ cache: CacheDirectory, _ key: SigningKey, _ publisher: Publisher) {
    self.cache = cache
    self.key = key
    self.publisher = publisher
  }

  mutating func add(_ path: FilePath, _ report: (FilePath, EntrySigning) -> Void) throws(CacheError) {
    let place: String
    let statement: ArtifactStatement
    do { (place, statement) = try cache.statement(ofEntryAt: path) } catch {
      return report(path, .notSigned(reason: "\(error)"))
    }
    waiting.append((path, place, try publisher.stage(key, statement)))
    if waiting.count >= Self.mostTogether { try publish(report) }
  }

  mutating func finish(_ report: (FilePath, EntrySigning) -> Void) throws(CacheError) {
    try publish(report)
    for path in changed.sorted(by: { $0.string < $1.string }) {
      do throws(SystemError) { try Descriptor.openDirectory(path).synchronizeDirectory() } catch {
        throw .unsynchronized(path, error)
      }
    }
  }

  private mutating func publish(_ report: (FilePath, EntrySigning) -> Void) throws(CacheError) {
    let areDurable = waiting.count >= Self.fewestForWholeFileSystem && publisher.staging.synchronizeAll()
    for (path, place, signature) in waiting {
      do throws(SystemError) {
        if !areDurable { try signature.file.synchronize() }
        try signature.file.publish(in: cache.engines, as: place + SignatureFile.suffix)
      } catch {
        throw CacheError(path, "write its signature", error)
      }
      changed.insert(path.removingLastComponent())
      report(path, .signed)
    }
    waiting = []
  }
}
