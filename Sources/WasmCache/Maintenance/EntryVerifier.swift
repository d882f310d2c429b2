internal import Crypto
internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// Looks at every entry of a cache, and mends what can be mended.
///
/// Nothing becomes a link whose bytes were not hashed here. An object's name proves bytes, and so does the catalog,
/// which is as trustworthy as the directory that it lies in: a user who can write there can make entries, too.
struct EntryVerifier {
  private let cache: CacheDirectory
  private let repairs: Bool
  private let memory: LoadingCatalog
  /// The catalog's digests of the artifacts that engines made of modules, by the engine identities' digests.
  private let compiled: [[UInt8]: [WasmHash: ArtifactDigest]]
  private var objects: [ArtifactDigest: Result<Int, ObjectFault>] = [:]
  /// The records of objects that were looked at because an entry for them is missing; nil for unusable objects.
  private var records: [ArtifactDigest: StoredObject?] = [:]
  /// The objects that links of the directory lead to which is being checked.
  private var linked: Set<ArtifactDigest> = []
  private var publisher: Publisher?
  private var changed: [FilePath.Component] = []

  init(_ cache: CacheDirectory, repairs: Bool) {
    self.cache = cache
    self.repairs = repairs
    memory = LoadingCatalog(of: cache, isWritable: true)
    // A log that was copied with the catalog can be read only with the right to write.
    let catalog = Catalog.open(in: cache.base, repairs ? .readWrite : .readOnly).catalog
    var compiled: [[UInt8]: [WasmHash: ArtifactDigest]] = [:]
    for one in catalog?.compilations() ?? [] { compiled[one.engine, default: [:]][one.module] = one.artifact }
    self.compiled = compiled
  }

  /// - Returns: see ``CacheDirectory/verify(repair:report:)``.
  mutating func run(_ report: (CheckedEntry) -> Void) throws(CacheError) -> Int {
    defer { memory.flush() }
    let lost = cache.hasLostEveryEntry ? Set(try CacheInventory(of: cache).objects.keys) : []
    for name in try cache.names(of: cache.engines, CacheLayout.engines) {
      let path = cache.base.appending(CacheLayout.engines).appending(name)
      if let fault = untrusted(name, path) {
        report(CheckedEntry(path: path, size: 0, fault: fault, repair: nil))
        continue
      }
      guard let directory = try open(name, path) else { continue }
      let engine = Engine(path: path, EngineDescription(in: directory), compiled)
      try check(directory, engine, report)
    }
    try synchronize()
    return lost.count { records[$0].flatMap(\.self) == nil }
  }

  /// Why a run would not use an engine's directory; nil if it would, or if it is none.
  private func untrusted(_ name: FilePath.Component, _ path: FilePath) -> EntryFault? {
    guard EngineDirectoryName(name.string) != nil, let status = try? cache.engines.status(of: name) else { return nil }
    do throws(CacheError) {
      try cache.trust.require(status, path)
      return nil
    } catch {
      return .untrustedDirectory(reason: error.complaint)
    }
  }

  /// Opens a directory; nil for anything else.
  private func open(_ name: FilePath.Component, _ path: FilePath) throws(CacheError) -> Descriptor? {
    do {
      return try cache.engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch let error where error.errno == .notDirectory || error.errno == .noSuchFileOrDirectory {
      return nil
    } catch {
      throw CacheError(path, "open", error)
    }
  }

  private mutating func check(
    _ directory: borrowing Descriptor, _ engine: Engine, _ report: (CheckedEntry) -> Void
  ) throws(CacheError) {
    var lost = engine.compiled
    linked = []
    for name in try cache.names(of: directory, "\(CacheLayout.engines)/\(engine.name)") {
      guard let module = CacheLayout.module(ofEntry: name.string) else { continue }
      lost[module] = nil
      // Whoever makes room beside us has removed what was listed and is gone.
      guard let seen = try? directory.status(of: name) else { continue }
      let entry = Entry(module: module, name: name.string, path: engine.path.appending(name), seen: seen.stamp.identity)
      if seen.kind == .regular {
        try report(checkCopy(entry, in: directory, engine))
      } else if let checked = checkLink(entry, in: directory, engine) {
        report(checked)
      }
    }
    for (module, digest) in lost.sorted(by: { $0.key.encode() < $1.key.encode() }) {
      let name = CacheLayout.entryName(module, suffix: engine.suffix)
      let entry = Entry(module: module, name: name, path: engine.path.appending(name), seen: nil)
      // The artifact of an entry that was removed went with it, unless it is another module's, too. Who copies without links loses
      // that one's as well.
      guard !linked.contains(digest), let object = storedObject(digest), let judge = try? engine.judge.get(),
        judge.accepts(object.record), isLost(entry, in: directory, of: digest)
      else { continue }
      let repair = try mendLink(entry, to: digest, in: directory, engine)
      report(CheckedEntry(path: entry.path, size: object.size, fault: .linkMissing, repair: repair))
    }
  }

  // MARK: Links

  /// - Returns: nil if the entry was evicted or made again meanwhile.
  private mutating func checkLink(
    _ entry: Entry, in directory: borrowing Descriptor, _ engine: Engine
  ) -> CheckedEntry? {
    let checked = judgeLink(entry, in: directory, engine)
    if checked.fault == nil || checked.repair != nil { return checked }
    // An entry goes before its object, and comes after it.
    let isStillFaulty = undisturbed(otherwise: true) {
      isUnchanged(entry, in: directory) && (checked.fault != .objectMissing || !hasObject(entry, in: directory))
    }
    return isStillFaulty ? checked : nil
  }

  private func hasObject(_ entry: Entry, in directory: borrowing Descriptor) -> Bool {
    guard let target = try? directory.symbolicLinkTarget(entry.name), let digest = CacheLayout.digest(ofTarget: target)
    else { return false }
    let name = CacheLayout.objectName(digest)
    return (try? cache.objects.status(of: "\(name.directory)/\(name.file)")) != nil
  }

  private mutating func judgeLink(
    _ entry: Entry, in directory: borrowing Descriptor, _ engine: Engine
  ) -> CheckedEntry {
    guard let target = try? directory.symbolicLinkTarget(entry.name), let digest = CacheLayout.digest(ofTarget: target)
    else {
      return CheckedEntry(path: entry.path, size: 0, fault: .notALink, repair: remove(entry, from: directory))
    }
    switch check(digest) {
    case .success(let size):
      linked.insert(digest)
      // The object may be good for the engine that made it.
      let fault = fault(of: digest, for: engine)
      return CheckedEntry(
        path: entry.path, size: size, fault: fault, repair: fault == nil ? nil : remove(entry, from: directory))
    case .failure(let error): return mend(entry, of: digest, error, in: directory)
    }
  }

  /// Why an engine's entry must not stand for an object whose bytes proved good: the rule by which runs look entries up.
  private func fault(of digest: ArtifactDigest, for engine: Engine) -> EntryFault? {
    guard let judge = try? engine.judge.get(), case .record = judge else { return nil }
    guard let record = cache.record(of: digest) else { return .noArtifact }
    return judge.accepts(record) ? nil : .otherEngine
  }

  /// Does what can be done about an entry that names an object, but not a good one.
  private func mend(
    _ entry: Entry, of digest: ArtifactDigest, _ error: ObjectFault, in directory: borrowing Descriptor
  ) -> CheckedEntry {
    let repair: EntryRepair? =
      switch error.fault {
      // Another entry of the same object may have moved it already. The entry stays, and tells why it is a miss.
      case .digestDiffers:
        repairs && error.file.map { cache.setAside(digest, judged: $0) } == true ? .movedAside : nil
      // An unreadable object may be as good as any. An entry whose object is out of the way already reports that.
      case .unreadable, .movedAside: nil
      case .objectMissing: remove(entry, from: directory) { !hasObject(entry, in: directory) }
      default: remove(entry, from: directory)
      }
    return CheckedEntry(path: entry.path, size: 0, fault: error.fault, repair: repair)
  }

  /// Removes an entry unless another process has put another in its place meanwhile, or the object that it lacked.
  private func remove(
    _ entry: Entry, from directory: borrowing Descriptor, if isFaulty: () -> Bool = { true }
  ) -> EntryRepair? {
    guard repairs else { return nil }
    // Publishers wait for this: nobody makes an entry between the look and the removal.
    let isRemoved = undisturbed(otherwise: false) {
      guard isUnchanged(entry, in: directory) && isFaulty() && (try? directory.remove(entry.name)) != nil else {
        return false
      }
      try? directory.remove(entry.name + SignatureFile.suffix)
      return true
    }
    return isRemoved ? .removed : nil
  }

  private func isUnchanged(_ entry: Entry, in directory: borrowing Descriptor) -> Bool {
    entry.seen != nil && (try? directory.status(of: entry.name).stamp.identity) == entry.seen
  }

  /// Whether an entry is missing though its object is there, and not in the moment in which somebody removes or makes both.
  private func isLost(_ entry: Entry, in directory: borrowing Descriptor, of digest: ArtifactDigest) -> Bool {
    undisturbed(otherwise: false) {
      (try? directory.status(of: entry.name)) == nil && cache.names(digest)
    }
  }

  /// Looks at what nobody publishes or evicts meanwhile. Where there are no locks, nobody evicts.
  ///
  /// - Parameter answer: where another process has the lock and does not give it back.
  private func undisturbed(otherwise answer: Bool, _ look: () -> Bool) -> Bool {
    do { return try cache.whileEvicting(look) ?? answer } catch { return look() }
  }

  private mutating func check(_ digest: ArtifactDigest) -> Result<Int, ObjectFault> {
    if let known = objects[digest] { return known }
    let result = cache.check(digest, memory)
    // What is missing may be made at any moment.
    if case .failure(let fault) = result, fault.fault == .objectMissing { return result }
    objects[digest] = result
    return result
  }

  // MARK: Copies

  private mutating func checkCopy(
    _ entry: Entry, in directory: borrowing Descriptor, _ engine: Engine
  ) throws(CacheError) -> CheckedEntry {
    let copy: FileCopy
    do { copy = try FileCopy(directory, entry.name) } catch {
      let fault = EntryFault.unreadable(reason: error.description)
      return CheckedEntry(path: entry.path, size: 0, fault: fault, repair: nil)
    }
    // An archive may keep a link as text. That names its object as a link does, whatever the engine is.
    if let digest = CacheLayout.digest(ofTarget: copy.bytes) {
      switch check(digest) {
      case .success(let size):
        let repair = try mendLink(entry, to: digest, in: directory, engine)
        return CheckedEntry(path: entry.path, size: size, fault: .linkAsText, repair: repair)
      case .failure(let error): return mend(entry, of: digest, error, in: directory)
      }
    }
    // What cannot be judged is kept: a program that knows more may do so.
    let judge: ArtifactJudge
    do { judge = try engine.judge.get() } catch {
      let fault = EntryFault.notJudged(reason: error.reason)
      return CheckedEntry(path: entry.path, size: copy.bytes.count, fault: fault, repair: nil)
    }
    guard judge.accepts(copy.record) else {
      return CheckedEntry(path: entry.path, size: 0, fault: .notALink, repair: remove(entry, from: directory))
    }
    let stored = engine.compiled[entry.module]
    if cache.names(copy.digest) || stored == copy.digest {
      if repairs { try link(entry, to: copy, in: directory, engine) }
      return CheckedEntry(path: entry.path, size: copy.bytes.count, fault: .copied, repair: repairs ? .linked : nil)
    }
    let fault = EntryFault.corruptCopy(actual: copy.digest.description)
    if repairs, let stored, let object = storedObject(stored), judge.accepts(object.record) {
      let repair = try mendLink(entry, to: stored, in: directory, engine)
      return CheckedEntry(path: entry.path, size: object.size, fault: fault, repair: repair)
    }
    return CheckedEntry(path: entry.path, size: 0, fault: fault, repair: remove(entry, from: directory))
  }

  /// The object that has a digest's name, if its bytes have the digest and no other user can change them.
  private mutating func storedObject(_ digest: ArtifactDigest) -> StoredObject? {
    if let known = records[digest] { return known }
    var found: StoredObject?
    let name = CacheLayout.objectName(digest)
    if let directory = try? cache.objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
      (try? directory.status()).map({ cache.trust.objection(to: $0) == nil }) == true,
      let copy = try? FileCopy(directory, name.file), copy.digest == digest,
      cache.trust.objection(to: copy.status) == nil
    {
      found = StoredObject(record: copy.record, size: copy.bytes.count)
    }
    records[digest] = .some(found)
    return found
  }

  // MARK: Making links

  private mutating func link(
    _ entry: Entry, to copy: FileCopy, in directory: borrowing Descriptor, _ engine: Engine
  ) throws(CacheError) {
    if storedObject(copy.digest) != nil, try mendLink(entry, to: copy.digest, in: directory, engine) != nil { return }
    let publisher = try openPublisher()
    let written = copy.bytes.withUnsafeBytes { bytes in
      Result { () throws(CacheError) in try publisher.write(bytes) }
    }
    try publisher.publish(written.get(), entry: entry.name, in: directory, path: entry.path)
    noteChange(of: engine)
    objects[copy.digest] = .success(copy.bytes.count)
    records[copy.digest] = StoredObject(record: copy.record, size: copy.bytes.count)
  }

  /// Makes an entry a link to an object that proved good; nil without leave to repair, and if the object is gone since.
  private mutating func mendLink(
    _ entry: Entry, to digest: ArtifactDigest, in directory: borrowing Descriptor, _ engine: Engine
  ) throws(CacheError) -> EntryRepair? {
    guard repairs,
      try openPublisher().publishLink(to: digest, entry: entry.name, in: directory, path: entry.path)
    else { return nil }
    noteChange(of: engine)
    return .linked
  }

  private mutating func openPublisher() throws(CacheError) -> Publisher {
    if let publisher { return publisher }
    let made = try Publisher(cache)
    publisher = made
    return made
  }

  private mutating func noteChange(of engine: Engine) {
    if let name = engine.path.lastComponent, changed.last != name { changed.append(name) }
  }

  private func synchronize() throws(CacheError) {
    // Objects become durable before the entries that name them.
    try publisher?.synchronize()
    for name in changed {
      let path = cache.base.appending(CacheLayout.engines).appending(name)
      guard let directory = try open(name, path) else { continue }
      do { try directory.synchronizeDirectory() } catch { throw .unsynchronized(path, error) }
    }
  }
}
