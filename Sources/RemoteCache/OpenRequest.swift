internal import Precompiler
internal import RemoteProtocol

/// A request that is not answered yet, and how its message is made: again, if the helper ended without having read it.
struct OpenRequest: Sendable {
  enum Kind: Sendable {
    case fetch(answer: @Sendable (RemoteAnswer) -> Void)
    case store(done: @Sendable (RemoteFailure?) -> Void)
    case status(answer: @Sendable (Result<[RemoteFact], RemoteFailure>) -> Void)
    /// - Parameter refusal: the exit status that is one.
    case execute(refusal: UInt8, answer: @Sendable (RemoteWorkAnswer) -> Void)
  }

  /// A file that a helper has to have been given before, once.
  struct Gift: Sendable {
    let blob: RemoteBlob
    let message: RemoteHelper.Message
  }

  let request: Kind
  var gifts: [Gift] = []
  let message: RemoteHelper.Message

  init(request: Kind, gifts: [Gift] = [], message: @escaping RemoteHelper.Message) {
    self.request = request
    self.gifts = gifts
    self.message = message
  }

  /// Whether a reply is one to such a request.
  func isAnswered(by reply: RemoteReply) -> Bool {
    switch (request, reply) {
    case (.fetch, .found), (.fetch, .missing), (.store, .stored), (.status, .status), (.execute, .made),
      (.execute, .exited), (_, .failed):
      true
    default: false
    }
  }

  func fail(_ failure: RemoteFailure) {
    switch request {
    case .fetch(let answer): answer(.failed(failure))
    case .store(let done): done(failure)
    case .status(let answer): answer(.failure(failure))
    case .execute(_, let answer): answer(.failed(failure))
    }
  }
}

extension RemoteHelper {
  /// Sends requests, and before each what it needs and the helper has not.
  func send(_ requests: [OpenRequest]) {
    send(
      requests.flatMap { request in
        request.gifts.filter { noteGiven($0.blob) }.map(\.message) + [request.message]
      })
  }
}
