package import LinuxIO
package import RemoteProtocol
internal import Synchronization

/// How long a server may let a call wait.
package struct Patience: Hashable, Sendable {
  /// Nanoseconds without a byte.
  package let silence: UInt64
  /// Bytes a second, below which a server counts as one that only pretends to answer.
  private static let slowest: UInt64 = 256 << 10

  package init(milliseconds: UInt32) { silence = UInt64(max(1, milliseconds)) * 1_000_000 }

  /// Nanoseconds that some bytes may take.
  fileprivate func limit(bytes: Int) -> UInt64 { silence + UInt64(max(0, bytes)) * 1_000_000_000 / Self.slowest }

  /// Runs a call, and cancels it when it gets nowhere.
  ///
  /// - Parameters:
  ///   - bytes: how many travel until the call is over, or the first piece of it is done.
  ///   - heard: when something last came from the server, for whichever call.
  package func run<Value: Sendable>(
    bytes: Int, heard: @escaping @Sendable () -> MonotonicInstant,
    _ body: @escaping @Sendable (CallProgress) async throws -> Value
  ) async throws -> Value {
    let progress = CallProgress(self, allowance: bytes)
    return try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { try await body(progress) }
      group.addTask {
        while true {
          try await Task.sleep(nanoseconds: progress.timeLeft(heard: heard()))
        }
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw CancellationError() }
      return value
    }
  }

  /// `5 s`, `0.2 s`.
  static func seconds(_ nanoseconds: UInt64) -> String {
    let tenths = (nanoseconds + 50_000_000) / 100_000_000
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}

/// A call that gets nowhere, while the server still sends something.
package struct SlowCall: Error {
  fileprivate let limit: UInt64

  package var trouble: RemoteTrouble {
    RemoteTrouble(
      .silent, "the server sends too slowly: what was asked for is not there after \(Patience.seconds(limit))")
  }
}

/// How far a call has come.
package final class CallProgress: Sendable {
  private let patience: Patience
  private let start: MonotonicInstant
  private let allowance: Int
  private let state: Mutex<(bytes: Int, last: MonotonicInstant)>

  /// - Parameter allowance: bytes of which may be only a part when the call is over, or a piece is done.
  package init(_ patience: Patience, allowance: Int, start: MonotonicInstant = .now()) {
    self.patience = patience
    self.allowance = allowance
    self.start = start
    state = Mutex((0, start))
  }

  /// Says that some bytes have travelled.
  package func step(_ bytes: Int, now: MonotonicInstant = .now()) {
    Traffic.add(bytes)
    state.withLock { $0 = ($0.bytes + bytes, now) }
  }

  /// Nanoseconds after which it is to be asked again; throws if the server has used up our patience.
  ///
  /// A piece a second would do against silence. So the whole call may only take as long as its bytes do at the slowest rate.
  package func timeLeft(heard: MonotonicInstant, now: MonotonicInstant = .now()) throws -> UInt64 {
    let (bytes, last) = state.withLock { $0 }
    let silence = now.nanoseconds(since: max(last, heard))
    guard silence < patience.silence else {
      throw RemoteTrouble(.silent, "the server did not answer within \(Patience.seconds(patience.silence))")
    }
    let (taken, limit) = (now.nanoseconds(since: start), patience.limit(bytes: allowance + bytes))
    guard taken < limit else {
      // A server that says nothing is not slow, though a byte came after the call began, so that it has not been silent for all of
      // its time yet.
      if silence > patience.silence / 2 {
        throw RemoteTrouble(.silent, "the server did not answer within \(Patience.seconds(limit))")
      }
      throw SlowCall(limit: limit)
    }
    return min(limit - taken, patience.silence - silence)
  }
}
