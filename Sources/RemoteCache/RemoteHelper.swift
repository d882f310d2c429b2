internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import RemoteProtocol
internal import Synchronization
internal import SystemPackage

/// The tool's side of one process of `wasmprecompile-remote`.
///
/// Two threads of its own: one sends, because a socket may be full, and one receives. The helper is not believed: what it says
/// is parsed as foreign input, it is killed when it says nothing for too long, and it ends with its socket, so that it never
/// outlives this process.
final class RemoteHelper: Sendable {
  /// Told of what a helper says, and of its end, on the receiving thread.
  protocol Listener: AnyObject, Sendable {
    func received(_ reply: RemoteReply, _ descriptor: consuming Descriptor?, from helper: RemoteHelper)
    /// - Parameters:
    ///   - how: how it ended, in words.
    ///   - byItself: whether nobody here made it end.
    func ended(_ helper: RemoteHelper, _ how: String, byItself: Bool)
    /// Whether the helper owes an answer.
    var awaitsAnswer: Bool { get }
  }

  private let path: FilePath
  private let process: ChildProcess
  private let socket: MessageSocket
  /// What it writes to standard error. A file in memory of a fixed size, where nobody has to drain a pipe.
  private let errors: MemoryFile
  let cancellation: Cancellation
  /// Seconds without a word while an answer is owed, after which it has failed.
  private let patience: Double
  private let sending = SerialThread()
  private let receiving = SerialThread()
  private let state = Mutex(State())

  private struct State {
    weak var listener: (any Listener)?
    var lastHeard = MonotonicInstant.now()
    /// Whether something that it said is being taken in, which may wait for a disk.
    var isListening = false
    var isWatched = false
    /// Why it was killed.
    var verdict: String?
    var hasEnded = false
    /// What it was given for executions.
    var given: Set<RemoteBlob> = []
  }

  private static let errorCapacity = 1 << 14
  private static let longestWords = 500
  /// Seconds that the helper is given beyond the server's time. It is the helper that knows what the server does: it hears bytes of
  /// which it tells once a second, and on a busy machine both of us come late.
  private static let grace = 5.0

  /// Starts the program, and opens the server with it.
  static func start(
    _ path: FilePath, _ settings: RemoteSettings, _ listener: any Listener, _ cancellation: Cancellation
  ) throws(RemoteFailure) -> RemoteHelper {
    do throws(SystemError) {
      let errors = try MemoryFile(name: "errors")
      try errors.fixSize(errorCapacity)
      let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
      let pair = try MessageSocket.pair()
      // An interrupt at the terminal is for the tool, which ends the helper when it is time.
      let process = try ChildProcess(
        executable: path.string, arguments: [HelperSearch.name], environment: environment(),
        descriptors: [nullDevice.raw, nullDevice.raw, errors.descriptor.raw, pair.given.raw], leadsSession: true)
      let helper = RemoteHelper(
        path, process, pair.keep(), errors, cancellation,
        patience: Double(settings.patience) / 1000 + grace)
      guard helper.sending.hasThread, helper.receiving.hasThread else {
        throw SystemError("pthread_create", .resourceTemporarilyUnavailable)
      }
      helper.begin(listener)
      helper.send([{ (RemoteRequest.open(version: RemoteProtocol.version, settings).encoded(), nil) }])
      return helper
    } catch {
      throw RemoteFailure("\(path) could not be started: \(error.call): \(error)", isOfStore: true)
    }
  }

  private init(
    _ path: FilePath, _ process: ChildProcess, _ socket: consuming MessageSocket, _ errors: consuming MemoryFile,
    _ cancellation: Cancellation, patience: Double
  ) {
    self.path = path
    self.process = process
    self.socket = socket
    self.errors = errors
    self.cancellation = cancellation
    self.patience = patience
  }

  deinit { process.kill() }

  /// No proxies, and nothing secret: the protocol goes to the address that was named and nowhere else, and a variable that CI
  /// has set for other programs must not send artifacts elsewhere.
  private static func environment() -> EnvironmentVariables {
    var variables = EnvironmentVariables(inheriting: ["PATH=", "LD_LIBRARY_PATH=", "LANG=", "LC_", "WASMPRECOMPILE_"])
    // A backtrace would bury the line that says what happened, and takes a second.
    variables.append("SWIFT_BACKTRACE=enable=no")
    return variables
  }

  private func begin(_ listener: any Listener) {
    state.withLock { $0.listener = listener }
    cancellation.register(process)
    receiving.run { [self] in receiveAll() }
  }

  /// Ends with one more run, if that is cancelled.
  func obey(_ cancellation: Cancellation) { cancellation.register(process) }

  /// Kills it; ``Listener/ended(_:_:byItself:)`` follows.
  ///
  /// - Parameter verdict: why.
  func end(_ verdict: String) {
    state.withLock { $0.verdict = $0.verdict ?? verdict }
    process.kill()
  }

  // MARK: Sending

  /// Makes a message when those before it are sent; nil if there is nothing to be sent after all.
  typealias Message = @Sendable () -> (bytes: [UInt8], file: SharedDescriptor?)?

  /// Notes that the helper is given a file.
  ///
  /// - Returns: false if it has that.
  func noteGiven(_ blob: RemoteBlob) -> Bool { state.withLock { $0.given.insert(blob).inserted } }

  /// Notes that from now on an answer is owed. None was until now, so that its silence meant nothing.
  func beginToAwait() { state.withLock { $0.lastHeard = .now() } }

  /// Sends messages, one after the other.
  func send(_ messages: [Message]) {
    if messages.isEmpty { return }
    watchUnlessWatched()
    sending.run { [weak self] in
      for message in messages {
        guard let self, !state.withLock({ $0.hasEnded }) else { return }
        if let message = message() { send(message.bytes, message.file) }
      }
    }
  }

  private func send(_ bytes: [UInt8], _ file: SharedDescriptor?) {
    do throws(SystemError) {
      // The kernel tells of room late, when most of what waits was read. A helper that is at work reads little by little.
      while try !socket.trySend(bytes, passing: file.map { [$0.descriptor.raw] } ?? []) {
        if try !socket.waitUntilWritable(milliseconds: Self.pause), isSilent { return end(silence) }
      }
    } catch {
      // It has ended, which the other thread tells; or it cannot be given descriptors.
      if error.errno != .brokenPipe && error.errno != .connectionReset { end("\(error.call): \(error)") }
    }
  }

  private static let pause = 100

  /// Whether it has said nothing for too long.
  private var isSilent: Bool {
    state.withLock { !$0.isListening && $0.lastHeard.adding(seconds: patience) <= .now() }
  }

  private func watchUnlessWatched() {
    state.withLock { state in
      if state.isWatched { return }
      state.isWatched = true
      sending.run(at: state.lastHeard.adding(seconds: patience)) { [weak self] in self?.watch() }
    }
  }

  /// Looks whether it still says something while an answer is owed.
  private func watch() {
    let (listener, due) = state.withLock { state in
      if state.isListening { state.lastHeard = .now() }
      return (state.hasEnded ? nil : state.listener, state.lastHeard.adding(seconds: patience))
    }
    guard let listener, listener.awaitsAnswer else {
      state.withLock { $0.isWatched = false }
      // A question that came in between was taken for watched.
      if listener?.awaitsAnswer == true { watchUnlessWatched() }
      return
    }
    if due <= .now() { return end(silence) }
    sending.run(at: due) { [weak self] in self?.watch() }
  }

  private var silence: String { "no answer for \(Int(patience)) s" }

  // MARK: Receiving

  private func receiveAll() {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: RemoteProtocol.largestMessage, alignment: 1)
    defer { block.deallocate() }
    do throws(SystemError) {
      while true {
        guard var message = try receive(through: block) else { continue }
        if message.bytes.isEmpty { break }
        let (listener, isOver) = state.withLock { state in
          state.isListening = true
          return (state.listener, state.verdict != nil)
        }
        // What it had said before it was killed is believed no more than what made it so.
        if isOver { break }
        defer {
          state.withLock { state in
            state.isListening = false
            state.lastHeard = .now()
          }
        }
        guard let reply = RemoteReply(message.bytes) else {
          end(foreign)
          break
        }
        listener?.received(reply, message.takeDescriptor(), from: self)
      }
    } catch {
      end("recvmsg: \(error)")
    }
    // It has hung up. It is dead or dying; killing it as well ends one that only pretends to be.
    process.kill()
    let reason = process.wait()
    cancellation.unregister(process)
    let (listener, verdict) = state.withLock { state in
      state.hasEnded = true
      return (state.listener, state.verdict)
    }
    let words = firstWords().map { ": \($0)" } ?? ""
    listener?.ended(
      self, verdict ?? "\(HelperSearch.name) \(reason?.description ?? "ended")\(words)", byItself: verdict == nil)
  }

  /// - Returns: nil if there may be more: the kernel tells first that the helper has ended without having read everything, and
  ///   then gives what it had said before.
  private func receive(through block: UnsafeMutableRawBufferPointer) throws(SystemError) -> ReceivedMessage? {
    do { return try socket.receive(through: block) } catch let error where error.errno == .connectionReset {
      return nil
    }
  }

  /// What to say of a helper that is no helper, or another release's.
  var foreign: String {
    "\(path) does not speak as it should: install the one that belongs to this release of wasmprecompile"
  }

  private func firstWords() -> String? {
    guard let bytes = try? errors.descriptor.bytes(count: Self.errorCapacity) else { return nil }
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    return lines.isEmpty ? nil : String(lines.prefix(2).joined(separator: " ").prefix(Self.longestWords))
  }
}

/// A descriptor that a message carries. A class, because optional parts of tuples take no single owners.
final class SharedDescriptor: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
