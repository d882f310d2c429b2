internal import LinuxIO
package import Precompiler
package import RemoteProtocol
internal import Synchronization
internal import SystemPackage
internal import WasmCache

/// A store of artifacts on another machine, which `wasmprecompile-remote` speaks to.
///
/// That program is started with the first request, serves all runs of this process, and is started again if it had nothing to
/// do for so long that it ended. When it, or the server, fails, everything that is open is answered so, and for a while nothing
/// more is tried: a build must not wait for a dead server with each module.
package final class RemoteCache: RemoteStore {
  private let settings: RemoteSettings
  private let search: HelperSearch
  private let state = Mutex(State())

  struct State {
    var helper: RemoteHelper?
    var open: [UInt32: OpenRequest] = [:]
    var lastNumber: UInt32 = 0
    /// Whether the helper has said nothing since nothing was open: it may have ended for that.
    var wasIdle = false
    /// Why nothing is tried, and until when.
    var breach: (failure: RemoteFailure, end: MonotonicInstant)?
    var failuresInRow = 0
    /// Why nothing is stored, and until when.
    var refusal: (failure: RemoteFailure, end: MonotonicInstant)?
    /// Artifacts that wait for their turn to be stored.
    var waiting: [(number: UInt32, open: OpenRequest)] = []
    var storing = 0

    mutating func number() -> UInt32 {
      lastNumber &+= 1
      return lastNumber
    }

    /// Takes everything off that is open, in the order in which it was asked.
    mutating func takeAll() -> [OpenRequest] {
      defer { (open, waiting, storing) = ([:], [], 0) }
      return open.sorted { $0.key < $1.key }.map(\.value) + waiting.map(\.open)
    }
  }

  /// How many artifacts are on their way at a time, each an open file.
  private static let mostStoring = 32
  /// Requests that fail one after the other before nothing more is tried, and for how many seconds.
  private static let mostFailures = 5
  private static let rest = 60.0

  package init(_ settings: RemoteSettings, helper search: HelperSearch) {
    self.settings = settings
    self.search = search
  }

  deinit { state.withLock { $0.helper }?.end(Self.notNeeded) }

  package var name: String { settings.address }

  /// Ends the helper; the next request starts another.
  package func close() {
    let (helper, open) = state.withLock { state in
      defer { state.helper = nil }
      return (state.helper, state.takeAll())
    }
    helper?.end(Self.notNeeded)
    for one in open { one.fail(RemoteFailure(Self.notNeeded, isOfStore: true)) }
  }

  private static let notNeeded = "it is needed no more"

  // MARK: Requests

  package func fetch(
    _ names: [RemoteName], largest: Int, _ cancellation: Cancellation,
    answer: @escaping @Sendable (_ position: Int, RemoteAnswer) -> Void
  ) {
    if names.isEmpty { return }
    begin(cancellation) { state in
      names.enumerated().map { position, name in
        let number = state.number()
        let key = RemoteKey(text: name.text)
        return (
          number,
          OpenRequest(request: .fetch { answer(position, $0) }) {
            (RemoteRequest.fetch(number: number, key, largest: largest).encoded(), nil)
          }
        )
      }
    } failed: { failure in
      for position in names.indices { answer(position, .failed(failure)) }
    }
  }

  package func store(
    _ name: RemoteName, _ artifact: StorableArtifact, _ cancellation: Cancellation,
    done: @escaping @Sendable (RemoteFailure?) -> Void
  ) {
    begin(cancellation) { state throws(RemoteFailure) in
      let number = state.number()
      let key = RemoteKey(text: name.text)
      let open = OpenRequest(request: .store(done: done)) { [weak self] in
        // Somebody may have made room meanwhile.
        guard let file = artifact.open() else {
          self?.drop(number)
          return nil
        }
        let described = RemoteArtifact(
          digest: artifact.digest.bytes, size: artifact.size, signature: artifact.signature)
        return (RemoteRequest.store(number: number, key, described).encoded(), SharedDescriptor(file))
      }
      if let refusal = state.refusal, .now() < refusal.end { throw refusal.failure }
      if state.storing >= Self.mostStoring {
        state.waiting.append((number, open))
        return []
      }
      state.storing += 1
      return [(number, open)]
    } failed: {
      done($0)
    }
  }

  /// Asks what is known of the server; blocks.
  package func status() throws(RemoteFailure) -> [RemoteFact] {
    let result = Mutex<Result<[RemoteFact], RemoteFailure>?>(nil)
    let bell = MonotonicSemaphore()
    let answer = { @Sendable (facts: Result<[RemoteFact], RemoteFailure>) in
      result.withLock { $0 = facts }
      bell.signal()
    }
    begin(Cancellation()) { state in
      let number = state.number()
      return [
        (
          number,
          OpenRequest(request: .status(answer: answer)) { (RemoteRequest.status(number: number).encoded(), nil) }
        )
      ]
    } failed: {
      answer(.failure($0))
    }
    bell.wait(until: nil)
    guard let facts = result.withLock({ $0 }) else { throw RemoteFailure("no answer", isOfStore: true) }
    return try facts.get()
  }

  /// Opens requests, and starts the helper if there is none.
  func begin(
    _ cancellation: Cancellation, _ requests: (inout State) throws(RemoteFailure) -> [(UInt32, OpenRequest)],
    failed: (RemoteFailure) -> Void
  ) {
    let result = state.withLock { state in
      Result { () throws(RemoteFailure) in
        if let breach = state.breach, .now() < breach.end { throw breach.failure }
        state.breach = nil
        let helper: RemoteHelper
        do throws(RemoteFailure) { helper = try ready(&state, cancellation) } catch {
          state.breach = (error, .now().adding(seconds: Self.rest))
          throw error
        }
        let new = try requests(&state)
        if state.open.isEmpty { helper.beginToAwait() }
        for (number, open) in new { state.open[number] = open }
        return (helper, new)
      }
    }
    switch result {
    case .failure(let failure): failed(failure)
    case .success(let (helper, new)): helper.send(new.map(\.1))
    }
  }

  private func ready(_ state: inout State, _ cancellation: Cancellation) throws(RemoteFailure) -> RemoteHelper {
    if let helper = state.helper {
      helper.obey(cancellation)
      return helper
    }
    let helper = try RemoteHelper.start(try search.find(), settings, self, cancellation)
    state.helper = helper
    state.wasIdle = false
    state.failuresInRow = 0
    return helper
  }

  /// Forgets an artifact that is gone. It is not stored, and nobody is to blame.
  private func drop(_ number: UInt32) {
    // It has not gone to the helper, which says nothing of it.
    fail(number, "they were removed from the cache meanwhile")
  }

  /// Answers a request that never went to the helper.
  func fail(_ number: UInt32, _ reason: String) {
    guard let (open, next) = end(number) else { return }
    next()
    open.fail(RemoteFailure(reason, isOfStore: false))
  }

  /// Takes a request off, because it is answered.
  ///
  /// - Parameter reply: nil if it needs none.
  /// - Returns: nil if there is none, or the reply is none to it; otherwise what is to be called without any lock.
  private func end(_ number: UInt32, by reply: RemoteReply? = nil) -> (OpenRequest, next: () -> Void)? {
    state.withLock { state in
      guard let open = state.open[number], reply.map(open.isAnswered) ?? true else { return nil }
      state.open[number] = nil
      var next: (helper: RemoteHelper, open: OpenRequest)?
      if case .store = open.request {
        state.storing -= 1
        if !state.waiting.isEmpty, let helper = state.helper {
          let (number, waiting) = state.waiting.removeFirst()
          state.open[number] = waiting
          state.storing += 1
          next = (helper, waiting)
        }
      }
      state.wasIdle = state.open.isEmpty
      return (open, { next.map { $0.helper.send([$0.open]) } })
    }
  }
}

// MARK: Answers

extension RemoteCache: RemoteHelper.Listener {
  var awaitsAnswer: Bool { state.withLock { !$0.open.isEmpty } }

  func received(_ reply: RemoteReply, _ descriptor: consuming Descriptor?, from helper: RemoteHelper) {
    let isCurrent = state.withLock { state in
      state.wasIdle = false
      return state.helper === helper
    }
    guard isCurrent else { return }
    let number: UInt32
    switch reply {
    case .opened, .busy: return
    case .refused(let trouble): return breach(RemoteFailure(trouble.reason, isOfStore: true), helper)
    case .found(let one, _), .missing(let one), .stored(let one, _), .status(let one, _), .failed(let one, _),
      .made(let one, _), .exited(let one, _, _):
      number = one
    }
    guard let (open, next) = end(number, by: reply) else { return helper.end(helper.foreign) }
    next()
    switch (open.request, reply) {
    case (.fetch(let answer), .found(_, let artifact)):
      guard let file = consume descriptor, let fetched = Self.fetched(artifact, file) else {
        answer(.failed(RemoteFailure(helper.foreign, isOfStore: true)))
        return helper.end(helper.foreign)
      }
      noteSuccess()
      answer(.found(fetched))
    case (.fetch(let answer), .missing):
      noteSuccess()
      answer(.missing)
    case (.execute(let refusal, let answer), _) where !reply.isFailure:
      guard let result = Self.answer(to: reply, consume descriptor, refusal: refusal) else {
        answer(.failed(RemoteFailure(helper.foreign, isOfStore: true)))
        return helper.end(helper.foreign)
      }
      answer(result)
    case (.store(let done), .stored): done(nil)
    case (.status(let answer), .status(_, let facts)): answer(.success(facts))
    case (_, .failed(_, let trouble)): failed(open, trouble, helper)
    default: break
    }
  }

  private func noteSuccess() { state.withLock { $0.failuresInRow = 0 } }

  private func failed(_ open: OpenRequest, _ trouble: RemoteTrouble, _ helper: RemoteHelper) {
    var failure = RemoteFailure(trouble.reason, isOfStore: false)
    let failuresInRow = state.withLock { state in
      // A server may let everybody read and nobody write.
      guard case .fetch = open.request else { return 0 }
      if trouble.kind.isOfServer { state.failuresInRow += 1 }
      return state.failuresInRow
    }
    switch open.request {
    case .fetch(let answer):
      if failuresInRow >= Self.mostFailures { failure = RemoteFailure(trouble.reason, isOfStore: true) }
      answer(.failed(failure))
    case .store(let done):
      if trouble.kind == .denied || trouble.kind == .full { giveUpStoring(failure) }
      done(failure)
    case .status(let answer): answer(.failure(failure))
    case .execute(_, let answer): answer(trouble.kind == .idle ? .idle(reason: trouble.reason) : .failed(failure))
    }
    if failuresInRow >= Self.mostFailures { breach(RemoteFailure(trouble.reason, isOfStore: true), helper) }
  }

  /// Whoever may not store one artifact may store none.
  private func giveUpStoring(_ failure: RemoteFailure) {
    let waiting = state.withLock { state in
      state.refusal = (failure, .now().adding(seconds: Self.rest))
      defer { state.waiting = [] }
      return state.waiting
    }
    for (_, open) in waiting { open.fail(failure) }
  }

  /// Gives up on the server for a while.
  private func breach(_ failure: RemoteFailure, _ helper: RemoteHelper) {
    let open = state.withLock { state in
      state.breach = (failure, .now().adding(seconds: Self.rest))
      if state.helper === helper { state.helper = nil }
      return state.takeAll()
    }
    helper.end(failure.reason)
    for one in open { one.fail(failure) }
  }

  func ended(_ helper: RemoteHelper, _ how: String, byItself: Bool) {
    let (again, lost): ([OpenRequest], [OpenRequest]) = state.withLock { state in
      guard state.helper === helper else { return ([], []) }
      state.helper = nil
      // It ended because it had nothing to do, just before it was given something.
      if byItself, state.wasIdle, !state.open.isEmpty {
        state.wasIdle = false
        return (state.open.sorted { $0.key < $1.key }.map(\.value), [])
      }
      if state.open.isEmpty && state.waiting.isEmpty { return ([], []) }
      state.breach = (RemoteFailure(how, isOfStore: true), .now().adding(seconds: Self.rest))
      return ([], state.takeAll())
    }
    for one in lost { one.fail(RemoteFailure(how, isOfStore: true)) }
    if again.isEmpty { return }
    let result = state.withLock { state in
      Result { () throws(RemoteFailure) in try ready(&state, helper.cancellation) }
    }
    switch result {
    case .success(let helper): helper.send(again)
    case .failure(let failure):
      let open = state.withLock { $0.takeAll() }
      for one in open { one.fail(failure) }
    }
  }
}

extension RemoteTrouble.Kind {
  /// Whether the next request would most likely fail as well.
  fileprivate var isOfServer: Bool {
    switch self {
    case .unreachable, .silent, .denied, .unsuitable, .misconfigured: true
    case .full, .wrongBytes, .tooLarge, .idle: false
    }
  }
}
