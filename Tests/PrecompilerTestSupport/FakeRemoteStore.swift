internal import Dispatch
internal import LinuxIO
package import Precompiler
internal import Synchronization
package import WasmCache

/// A store on another machine without the other machine. It answers on a thread of its own, in the order of the questions.
package final class FakeRemoteStore: RemoteStore {
  package let name: String
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "fake remote store")
  private let before: @Sendable (_ position: Int) -> Void
  private let answering: @Sendable (_ name: RemoteName, _ has: [UInt8]?) -> RemoteAnswer
  private let storing: @Sendable () -> RemoteFailure?
  private let executing: @Sendable (RemoteWork) -> RemoteWorkAnswer
  /// Workers, which work at the same time.
  private let workers = DispatchQueue(label: "fake workers", attributes: .concurrent)

  private struct State {
    var artifacts: [String: [UInt8]] = [:]
    var signatures: [String: [UInt8]] = [:]
    var asked: [String] = []
    var stored: [String] = []
    var executed: [WasmHash] = []
  }

  /// - Parameters:
  ///   - before: called before each answer of a run, with its position.
  ///   - answering: gives the answer; by default the bytes that the store has.
  ///   - storing: says why an artifact is not stored.
  ///   - executing: is a worker; by default one that makes what the fake compiler makes.
  package init(
    _ name: String = "fake://store", before: @escaping @Sendable (_ position: Int) -> Void = { _ in },
    answering: @escaping @Sendable (_ name: RemoteName, _ has: [UInt8]?) -> RemoteAnswer = FakeRemoteStore.answer,
    storing: @escaping @Sendable () -> RemoteFailure? = { nil },
    executing: @escaping @Sendable (RemoteWork) -> RemoteWorkAnswer = FakeRemoteStore.make
  ) {
    self.executing = executing
    self.name = name
    self.before = before
    self.answering = answering
    self.storing = storing
  }

  package var artifacts: [String: [UInt8]] {
    get { state.withLock { $0.artifacts } }
    set { state.withLock { $0.artifacts = newValue } }
  }
  /// The signatures' files, by the same names.
  package var signatures: [String: [UInt8]] {
    get { state.withLock { $0.signatures } }
    set { state.withLock { $0.signatures = newValue } }
  }
  /// The names that it was asked for.
  package var asked: [String] { state.withLock { $0.asked } }
  /// The names under which it was given something.
  package var stored: [String] { state.withLock { $0.stored } }

  /// The modules that its workers were given.
  package var executed: [WasmHash] { state.withLock { $0.executed } }

  package static func make(_ work: RemoteWork) -> RemoteWorkAnswer {
    .made(artifact(Array("fake \(work.recipe.arguments[0]) \(work.module.facts.hash)".utf8)))
  }

  package func execute(
    _ work: RemoteWork, _ cancellation: Cancellation, answer: @escaping @Sendable (RemoteWorkAnswer) -> Void
  ) {
    state.withLock { $0.executed.append(work.module.facts.hash) }
    workers.async { [self] in answer(executing(work)) }
  }

  package static func answer(_ name: RemoteName, _ has: [UInt8]?) -> RemoteAnswer {
    has.map { .found(artifact($0)) } ?? .missing
  }

  /// - Parameter digest: what it is said to have; nil for the one that it has.
  package static func artifact(_ bytes: [UInt8], digest: [UInt8]? = nil) -> FetchedArtifact {
    FetchedArtifact(Mapping(copying: bytes), digest: digest ?? ArtifactDigest(hashing: bytes).bytes)
  }

  package func fetch(
    _ names: [RemoteName], largest: Int, _ cancellation: Cancellation,
    answer: @escaping @Sendable (_ position: Int, RemoteAnswer) -> Void
  ) {
    state.withLock { $0.asked += names.map(\.text) }
    queue.async { [self] in
      for (position, name) in names.enumerated() {
        before(position)
        let answered = answering(name, state.withLock { $0.artifacts[name.text] })
        answer(position, signed(answered, state.withLock { $0.signatures[name.text] }))
      }
    }
  }

  private func signed(_ answer: RemoteAnswer, _ signature: [UInt8]?) -> RemoteAnswer {
    guard case .found(let artifact) = answer, let signature else { return answer }
    let copy = Mapping(copying: Array(artifact.contents.bytes))
    return .found(FetchedArtifact(copy, digest: artifact.digest, signature: signature))
  }

  package func store(
    _ name: RemoteName, _ artifact: StorableArtifact, _ cancellation: Cancellation,
    done: @escaping @Sendable (RemoteFailure?) -> Void
  ) {
    state.withLock { $0.stored.append(name.text) }
    let failure = storing()
    if failure == nil, let bytes = try? artifact.open()?.contents() {
      state.withLock { state in
        state.artifacts[name.text] = bytes
        state.signatures[name.text] = artifact.signature.isEmpty ? nil : artifact.signature
      }
    }
    queue.async { done(failure) }
  }
}
