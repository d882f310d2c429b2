internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// The catalog as a program uses it that loads from the cache: it asks, and writes its findings down for later programs.
///
/// Nothing is written while something is loaded. Findings wait for a second and are written together. The catalog is
/// opened anew when it was opened more than a second before. It is not held open where that blocks other processes. A
/// program that only reads gets no thread from this. A program that ends within that second writes when it ends.
package final class LoadingCatalog: Sendable {
  private struct State {
    /// Nil if there is no catalog, or none was asked for.
    var reader: Catalog?
    /// When the catalog was opened, or looked for in vain.
    var opened: MonotonicInstant?
    var record = RunRecord()
    var isTidying = false
  }

  /// The directory that the catalog lies in; nil for one that knows nothing.
  private let base: FilePath?
  let isWritable: Bool
  private let state = Mutex(State())
  /// Microseconds.
  private static let delay: UInt32 = 1_000_000

  /// - Parameter cache: nil for a catalog that knows nothing and remembers nothing.
  package init(of cache: CacheDirectory?, isWritable: Bool) {
    base = cache?.base
    self.isWritable = isWritable && cache != nil
  }

  deinit { flush() }

  // MARK: Asking

  func checkedObject(_ digest: ArtifactDigest, in file: FileIdentity) -> CheckedObject? {
    ask { $0.checkedObject(digest, in: file) }
  }

  func knows(_ statement: SignedStatement) -> Bool { ask { $0.knows(statement) ? true : nil } ?? false }

  func module(in stamp: FileStamp) -> StatRow? { ask { $0.module(in: stamp) } }

  /// The identity that some settings were found to have with an engine, if its file has not changed since.
  func identity(_ settings: EngineSettings, _ engine: FileStamp) -> ArtifactIdentity? {
    ask { $0.identity(settings, engine, now: WallClock.now()) }
  }

  private func ask<Answer: Sendable>(_ question: (Catalog) -> Answer?) -> Answer? {
    let catalog = state.withLock { state in
      let now = MonotonicInstant.now()
      if state.opened.map({ now.nanoseconds(since: $0) > UInt64(Self.delay) * 1000 }) ?? true {
        state.reader = base.flatMap { Catalog.open(in: $0, .readOnly).catalog }
        state.opened = now
        if state.reader?.isInNobodysWay == false { tidyLater(&state) }
      }
      return state.reader
    }
    return catalog.flatMap(question)
  }

  // MARK: Writing

  func remember(_ object: CheckedObject) { note { $0.checked.append(object) } }

  func remember(_ statement: SignedStatement) { note { $0.signed.append(statement) } }

  func remember(_ engine: EngineFinding) { note { $0.engines.append(engine) } }

  func remember(_ compilation: Compilation, after reason: MissReason) {
    note { record in
      record.compilations.append(compilation)
      record.tally.misses[reason, default: 0] += 1
      record.tally.compileNanoseconds += compilation.nanoseconds
    }
  }

  private func note(_ change: (inout RunRecord) -> Void) {
    guard isWritable else { return }
    CatalogsAtExit.add(self)
    state.withLock { state in
      change(&state.record)
      tidyLater(&state)
    }
  }

  private func tidyLater(_ state: inout State) {
    guard !state.isTidying else { return }
    // Where there is no thread to be had, findings wait for the end. Dispatch would wait for a thread for ever.
    state.isTidying = Threads.run(afterMicroseconds: Self.delay) { [weak self] in self?.flush() }
  }

  /// Writes the findings down at once, and lets go of the catalog.
  package func flush() {
    CatalogsAtExit.remove(self)
    let record = state.withLock { state in
      defer { state = State() }
      return state.record
    }
    let now = WallClock.now()
    guard let base, isWritable, record.isWorthWriting(now: now) else { return }
    // If they cannot be written, the next program that needs them finds them out again.
    _ = Catalog.open(in: base).catalog?.commit(record, now: now)
  }
}

/// The catalogs with findings to write when the program ends. A program does not let go of its global values then.
private enum CatalogsAtExit {
  private struct Reference: Sendable {
    weak let catalog: LoadingCatalog?
  }

  private static let references = Mutex<[ObjectIdentifier: Reference]>([:])

  private static let isAsked: Bool = {
    atexit { for reference in references.withLock({ Array($0.values) }) { reference.catalog?.flush() } } == 0
  }()

  static func add(_ catalog: LoadingCatalog) {
    guard isAsked else { return }
    references.withLock { $0[ObjectIdentifier(catalog)] = Reference(catalog: catalog) }
  }

  static func remove(_ catalog: LoadingCatalog) {
    references.withLock { $0[ObjectIdentifier(catalog)] = nil }
  }
}
