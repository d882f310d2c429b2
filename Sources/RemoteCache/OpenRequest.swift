internal import Precompiler
internal import RemoteProtocol

/// A request that is not answered yet, and how its message is made: again, if the helper ended without having read it.
struct OpenRequest: Sendable {
  enum Kind: Sendable {
    case fetch(answer: @Sendable (RemoteAnswer) -> Void)
    case store(done: @Sendable (RemoteFailure?) -> Void)
    case status(answer: @Sendable (Result<[RemoteFact], RemoteFailure>) -> Void)
  }

  let request: Kind
  let message: RemoteHelper.Message

  /// Whether a reply is one to such a request.
  func isAnswered(by reply: RemoteReply) -> Bool {
    switch (request, reply) {
    case (.fetch, .found), (.fetch, .missing), (.store, .stored), (.status, .status), (_, .failed): true
    default: false
    }
  }

  func fail(_ failure: RemoteFailure) {
    switch request {
    case .fetch(let answer): answer(.failed(failure))
    case .store(let done): done(failure)
    case .status(let answer): answer(.failure(failure))
    }
  }
}
