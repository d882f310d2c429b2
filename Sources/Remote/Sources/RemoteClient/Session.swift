internal import Dispatch
internal import Glibc
package import LinuxIO
package import RemoteProtocol
internal import Synchronization

/// What is said over the socket: requests are read by the thread that serves, and answered in any order.
package final class Session: Sendable {
  private let socket: MessageSocket
  private let store: any RemoteStore
  private let settings: RemoteSettings
  private let idleMilliseconds: Int
  private let isOutdated: (@Sendable () -> Bool)?
  /// Sends one answer after another, and may wait for the tool to read them.
  private let answers = SerialThread()
  /// How many more requests may be in work. The others wait in the socket.
  private let room: DispatchSemaphore
  private let most: Int
  private let inWork = Mutex(0)
  private let hasRefused = Mutex(false)
  private let hasEnded = Atomic(false)
  /// How many answers were sent.
  private let sent = Atomic(0)
  private let busyMilliseconds: Int
  /// The files that the tool has given for executions.
  private let inputs = Mutex<[BlobDigest: OutgoingBlob]>([:])

  /// Requests in work for each call that may be open: those that wait are what batches are made of.
  private static let requestsPerCall = 4
  private static let glanceMilliseconds = 1_000

  /// - Parameters:
  ///   - idleMilliseconds: how long to wait for a request while none is in work.
  ///   - busyMilliseconds: how often to say that bytes move, where there is nothing else to say.
  ///   - isOutdated: whether the process should make way for a new one as soon as it has nothing to do; nil if it never should.
  package init(
    _ socket: consuming MessageSocket, _ store: any RemoteStore, _ settings: RemoteSettings,
    idleMilliseconds: Int = 60_000, busyMilliseconds: Int = 1_000, isOutdated: (@Sendable () -> Bool)? = nil
  ) {
    self.socket = socket
    self.store = store
    self.settings = settings
    self.idleMilliseconds = idleMilliseconds
    self.busyMilliseconds = busyMilliseconds
    self.isOutdated = isOutdated
    most = max(1, Int(settings.calls)) * Self.requestsPerCall
    // One that began with more than 0 must not go while it has less.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<most { room.signal() }
  }

  /// Returns when nothing more is to be said: the tool has closed its end, or has asked for nothing for a while and has an answer to
  /// everything, or the server cannot be used.
  package func serve() {
    let opening = Task { [store] in try await store.open() }
    beginWork()
    Task {
      do { send(.opened(server: try await opening.value)) } catch { refuse(error) }
      endWork()
    }
    sayWhenBusy()
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: RemoteProtocol.largestMessage, alignment: 1)
    defer { block.deallocate() }
    var isDraining = false
    repeat {
      room.wait()
      room.signal()
      if !isDraining { isDraining = !waitForRequest() }
    } while receive(through: block, after: opening)
    if isDraining {
      for _ in 0..<most { room.wait() }
      for _ in 0..<most { room.signal() }
    }
    hasEnded.store(true, ordering: .relaxed)
    answers.finish()
  }

  private func sayWhenBusy() {
    Task { [weak self, busyMilliseconds] in
      var seen = (bytes: Traffic.bytes, sent: 0)
      while true {
        try await Task.sleep(for: .milliseconds(busyMilliseconds))
        guard let self, !hasEnded.load(ordering: .relaxed) else { return }
        let now = (bytes: Traffic.bytes, sent: sent.load(ordering: .relaxed))
        if now.bytes != seen.bytes, now.sent == seen.sent, inWork.withLock({ $0 }) > 0 { send(.busy) }
        seen = (now.bytes, sent.load(ordering: .relaxed))
      }
    }
  }

  /// Waits until a message, or the other end's closing, can be received.
  ///
  /// - Returns: false if nothing came for so long that nothing more shall come.
  private func waitForRequest() -> Bool {
    let pause = isOutdated == nil ? idleMilliseconds : min(idleMilliseconds, Self.glanceMilliseconds)
    var quiet = 0
    while true {
      if (try? socket.waitUntilReadable(milliseconds: pause)) ?? true { return true }
      quiet = inWork.withLock { $0 } > 0 ? 0 : quiet + pause
      guard quiet >= idleMilliseconds || quiet > 0 && isOutdated?() == true else { continue }
      // The tool's next request fails from now on. What it has sent by now is still received, and answered.
      shutdown(socket.raw, Int32(SHUT_RD))
      return false
    }
  }

  /// - Returns: false after the last message.
  private func receive(
    through block: UnsafeMutableRawBufferPointer, after opening: Task<String, any Error>
  ) -> Bool {
    guard var message = try? socket.receive(through: block), !message.bytes.isEmpty else { return false }
    let request = RemoteRequest(message.bytes)
    switch request {
    case .fetch(let number, let key, let largest):
      answer(number, after: opening) { [store, settings] in
        let found = try await store.fetch(LookUpKey(key, salt: settings.salt), largest: largest)
        return found.map { (.found(number: number, $0.artifact), $0.blob) } ?? (.missing(number: number), nil)
      }
    case .store(let number, let key, let artifact):
      guard let file = message.takeDescriptor() else { return endUnderstandingNothing() }
      let blob = OutgoingBlob(BlobDigest(artifact), file)
      answer(number, isReading: false, after: opening) { [store, settings] in
        let sent = try await store.store(LookUpKey(key, salt: settings.salt), artifact, blob)
        return (.stored(number: number, sent: sent), nil)
      }
    case .status(let number):
      answer(number, after: opening) { [store] in (.status(number: number, try await store.facts()), nil) }
    case .give(let blob):
      guard let file = message.takeDescriptor() else { return endUnderstandingNothing() }
      let given = OutgoingBlob(BlobDigest(blob), file)
      inputs.withLock { $0[given.digest] = given }
    case .execute(let number, let execution):
      guard let file = message.takeDescriptor() else { return endUnderstandingNothing() }
      guard let inputs = inputs(of: execution) else {
        let trouble = RemoteTrouble(.unsuitable, "a file that its workers need could not be passed on")
        send(.failed(number: number, trouble))
        return true
      }
      let files = ExecutionFiles(
        inputs: inputs, subject: OutgoingBlob(BlobDigest(execution.subject.blob), file))
      answer(number, isReading: false, after: opening) { [store] in
        switch try await store.execute(execution, files) {
        case .made(let blob, let described): (.made(number: number, described), blob)
        case .exited(let status, let words): (.exited(number: number, status: status, words: words), nil)
        }
      }
    case .open, nil:
      return endUnderstandingNothing()
    }
    return true
  }

  /// - Returns: nil if the tool has not given one of them.
  private func inputs(of execution: RemoteExecution) -> [BlobDigest: OutgoingBlob]? {
    let wanted = execution.inputs.map { BlobDigest($0.blob) }
    let found = inputs.withLock { given in wanted.compactMap { digest in given[digest].map { (digest, $0) } } }
    return found.count == wanted.count ? Dictionary(found) { first, _ in first } : nil
  }

  private func endUnderstandingNothing() -> Bool {
    refuse(RemoteTrouble(.unsuitable, "wasmprecompile-remote does not understand what wasmprecompile asks"))
    return false
  }

  private func answer(
    _ number: UInt32, isReading: Bool = true, after opening: Task<String, any Error>,
    _ work: @escaping @Sendable () async throws -> (RemoteReply, IncomingBlob?)
  ) {
    beginWork()
    Task {
      // If that fails, the tool is told once, for all requests.
      if (try? await opening.value) != nil {
        do {
          let (reply, blob) = try await work()
          // Its work is done when the tool has it: more than it takes would fill the memory.
          return sendAnswer(number, reply, passing: blob)
        } catch {
          let trouble = Self.trouble(error)
          if Self.isAboutServer(trouble, error, isReading: isReading) {
            refuse(trouble)
          } else {
            send(.failed(number: number, trouble))
          }
        }
      }
      endWork()
    }
  }

  private func beginWork() {
    inWork.withLock { $0 += 1 }
    room.wait()
  }

  private func endWork() {
    inWork.withLock { $0 -= 1 }
    room.signal()
  }

  private static func trouble(_ error: any Error) -> RemoteTrouble {
    switch error {
    case let trouble as RemoteTrouble: trouble
    case let slow as SlowCall: slow.trouble
    default: RemoteTrouble(.unsuitable, "\(error)")
    }
  }

  /// Whether there is no point in asking this server for anything more.
  private static func isAboutServer(_ trouble: RemoteTrouble, _ error: any Error, isReading: Bool) -> Bool {
    switch trouble.kind {
    case .unreachable, .misconfigured: true
    case .silent: !(error is SlowCall)
    // Many may read, and few may write.
    case .denied: isReading
    case .full, .wrongBytes, .unsuitable, .tooLarge, .idle: false
    }
  }

  private func refuse(_ error: any Error) {
    let isFirst = hasRefused.withLock { hasRefused in
      defer { hasRefused = true }
      return !hasRefused
    }
    guard isFirst else { return }
    answers.run { [self] in
      try? socket.send(RemoteReply.refused(Self.trouble(error)).encoded())
      // The thread that serves gets to know that it is over.
      shutdown(socket.raw, Int32(SHUT_RDWR))
    }
  }

  private func send(_ reply: RemoteReply) {
    sent.add(1, ordering: .relaxed)
    // After a refusal, or where the tool has gone, nobody reads it.
    answers.run { [self] in try? socket.send(reply.encoded()) }
  }

  private func sendAnswer(_ number: UInt32, _ reply: RemoteReply, passing blob: IncomingBlob?) {
    sent.add(1, ordering: .relaxed)
    answers.run { [self] in
      do throws(SystemError) {
        try socket.send(reply.encoded(), passing: blob.map { [$0.descriptor] } ?? [])
      } catch {
        // The tool waits for an answer, if it is there.
        try? socket.send(RemoteReply.failed(number: number, Self.trouble(error)).encoded())
      }
      _ = blob
      endWork()
    }
  }
}
