package import LinuxIO
package import WasmCache

/// A store of artifacts on another machine: the seam between a run and whatever speaks to it.
///
/// Nothing here waits. What is asked for, and what is given, is answered later, so that lanes compile meanwhile. A run does
/// not believe the answers: it hashes the bytes, and looks at their record.
package protocol RemoteStore: AnyObject, Sendable {
  /// Its address, as users gave it.
  var name: String { get }

  /// Asks for artifacts.
  ///
  /// - Parameters:
  ///   - largest: bytes of the largest artifact that is wanted.
  ///   - cancellation: ends everything that is open, here as elsewhere.
  ///   - answer: told of each name by its position: once, in any order, from any thread, perhaps before this returns. It is
  ///     told whatever happens; how long that takes at most is the store's to see to. It may block, and then the store waits.
  func fetch(
    _ names: [RemoteName], largest: Int, _ cancellation: Cancellation,
    answer: @escaping @Sendable (_ position: Int, RemoteAnswer) -> Void)

  /// Has its workers compile a module.
  ///
  /// - Parameter answer: told once, from any thread, perhaps before this returns; as with ``fetch(_:largest:_:answer:)``.
  func execute(
    _ work: RemoteWork, _ cancellation: Cancellation, answer: @escaping @Sendable (RemoteWorkAnswer) -> Void)

  /// Gives it an artifact.
  ///
  /// - Parameter done: told once, from any thread, why it is not stored; nil for success.
  func store(
    _ name: RemoteName, _ artifact: StorableArtifact, _ cancellation: Cancellation,
    done: @escaping @Sendable (RemoteFailure?) -> Void)
}

extension RemoteStore {
  package func execute(
    _ work: RemoteWork, _ cancellation: Cancellation, answer: @escaping @Sendable (RemoteWorkAnswer) -> Void
  ) { answer(.idle(reason: "it has no workers")) }
}

/// How a run uses such a store.
package struct RemoteUse: Sendable {
  package let store: any RemoteStore
  /// Whether what is compiled here is stored there.
  package var stores: Bool
  /// Whether its workers compile what neither it nor the caches have.
  package var executes = false
  /// How many modules are given to workers at a time.
  package var mostExecuting = 64
  /// How many lanes of this machine compile meanwhile; nil for all. The others do what comes back.
  package var localLanes: Int?
  /// Whether the run ends when that is done, or takes too long. A watcher's batches do not wait.
  package var waits = true
  /// Seconds for which the end of a run waits for artifacts to be stored: for the next one, and all in all.
  package var longestPause = 10.0
  package var longestWait = 60.0
  /// What a user who wants to know everything is told of how it is used.
  package var note: String?

  package init(_ store: any RemoteStore, stores: Bool) {
    self.store = store
    self.stores = stores
  }
}

/// What an artifact is stored under on other machines, the same on all of them.
package struct RemoteName: Hashable, Sendable {
  /// `<backend>-<version>-<identity, 64 hex>/<module's SHA-256><suffix>`
  package let text: String

  package init(_ module: WasmHash, _ identity: ArtifactIdentity) {
    let directory = EngineDirectoryName(
      backend: identity.backend.rawValue, version: identity.version, shortIdentity: identity.digest.hex)
    text = "\(directory.text)/\(module)\(identity.format.suffix)"
  }
}

package enum RemoteAnswer: Sendable {
  case found(FetchedArtifact)
  case missing
  case failed(RemoteFailure)
}

/// A module for a worker of another machine.
package struct RemoteWork: Sendable {
  package let recipe: RemoteRecipe
  package let module: LoadedModule
  /// Seconds that the compilation may take.
  package let timeout: Double
  /// Bytes of the largest artifact that is taken.
  package let largest: Int
}

package enum RemoteWorkAnswer: Sendable {
  case made(FetchedArtifact)
  /// The worker says that the compiler does not take the module; what that wrote.
  case refused(words: String)
  /// Nothing is known of the module.
  case failed(RemoteFailure)
  /// The machine has no workers.
  case idle(reason: String)
}

/// An artifact as another machine gave it: nothing is known of its bytes but that they cannot change any more.
package final class FetchedArtifact: Sendable {
  package let contents: Mapping
  /// The SHA-256 that its bytes are said to have, 32 bytes.
  package let digest: [UInt8]
  /// The file of the signature that came with it; empty for none.
  package let signature: [UInt8]

  package init(_ contents: consuming Mapping, digest: [UInt8], signature: [UInt8] = []) {
    self.contents = contents
    self.digest = digest
    self.signature = signature
  }
}

/// An artifact of the run's own cache, for a store to have.
package struct StorableArtifact: Sendable {
  package let digest: ArtifactDigest
  /// Bytes.
  package let size: Int
  /// The signature's file; empty if nobody has signed it.
  package let signature: [UInt8]
  /// Opens its file for reading; nil if it was removed meanwhile.
  package let open: @Sendable () -> Descriptor?

  package init(
    digest: ArtifactDigest, size: Int, signature: [UInt8] = [], open: @escaping @Sendable () -> Descriptor?
  ) {
    self.digest = digest
    self.size = size
    self.signature = signature
    self.open = open
  }
}

/// Why a store did not do what was asked.
package struct RemoteFailure: Error, Hashable, Sendable {
  /// In one line, with what mends it.
  package let reason: String
  /// Whether it is about the store as a whole, from which nothing is to be had at the moment.
  package let isOfStore: Bool

  package init(_ reason: String, isOfStore: Bool) {
    self.reason = reason
    self.isOfStore = isOfStore
  }
}

/// What a run tells of a store that does not do what was asked.
package enum RemoteStoreTrouble: Hashable, Sendable {
  /// Nothing can be had from it.
  case unusable(reason: String, instead: Substitute)
  /// What it gave for a module is not taken, because it is not the module's artifact.
  case refused(module: String, reason: String, instead: Substitute)
  /// Several of its artifacts are not signed by a key that is trusted, for the same reason.
  ///
  /// - Parameter first: the file of the module that was the first of them.
  case unsigned(count: Int, SignatureFault, first: String, instead: Substitute)
  /// It could not give an artifact. It is told of the first of several.
  case failed(module: String, reason: String, instead: Substitute)
  /// Its workers compile nothing, or nothing more, of this run.
  case executesNothing(reason: String)
  /// It has not stored so many artifacts.
  case notStored(Int, reason: String)

  /// The fate of what it did not give.
  package enum Substitute: Sendable {
    case compiled, missing
  }
}

extension RemoteStoreTrouble: CustomStringConvertible {
  /// The trouble without the store's address, which the caller prints in front.
  package var description: String {
    switch self {
    case .unusable(let reason, .compiled): "\(reason); what is missing is compiled here"
    case .unusable(let reason, .missing): reason
    case .refused(let module, let reason, let instead): "\(reason): \(module) is \(instead.words)"
    case .unsigned(let count, let fault, let first, let instead):
      "\(fault.description(ofArtifacts: count)): \(first)"
        + (count == 1 ? " is \(instead.words)" : " and \(count - 1) more are \(instead.words)")
    case .failed(let module, let reason, let instead): "\(reason): \(module) is \(instead.words)"
    case .executesNothing(let reason): "\(reason); everything is compiled here"
    case .notStored(let count, let reason):
      "\(count) artifact\(count == 1 ? " is" : "s are") not stored there: \(reason)"
    }
  }
}

extension RemoteStoreTrouble.Substitute {
  fileprivate var words: String { self == .compiled ? "compiled instead" : "missing" }
}

/// The counts of a run's dealings with a store.
package struct RemoteTally: Hashable, Sendable {
  /// The store's address.
  package let name: String
  /// What was asked and not answered, or not as it should be. It is no miss: nobody knows whether the store has it.
  package var errors = 0
  /// Artifacts that are not taken because no trusted key has signed them.
  package var refused = 0
  /// Artifacts that were stored there.
  package var stored = 0
  /// Artifacts that were to be stored there and are not.
  package var notStored = 0

  package init(name: String) { self.name = name }
}
