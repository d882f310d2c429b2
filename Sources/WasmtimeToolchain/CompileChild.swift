internal import Confinement
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// The run's side of one compile child.
///
/// The child is not believed: it is killed at its deadline, its answers are parsed as foreign input and belong to one question
/// each, and its artifact is sealed before anyone looks at it.
final class CompileChild: Sendable {
  private let process: ChildProcess
  private let socket: MessageSocket
  /// The child ends when this does, even if this process is killed.
  private let lifeline: Descriptor
  /// The output of the child and of the engine's panics. It is bounded, because nobody drains it.
  private let errors: MemoryFile
  private let policy: ConfinementPolicy
  private let cancellation: Cancellation
  private let state = Mutex(State())
  /// What answers are received through. Nobody asks while another question waits for its answer.
  private let block = Mutex(Block())

  private struct State {
    /// How many threads it can work with, once that was decided with its first question.
    var threads: Int?
    /// Seconds of processor time after which the kernel kills it, once it was asked to compile.
    var mostTime: UInt64?
    /// The processor time, in seconds, that it had used at some moment.
    var usedTime: (seconds: UInt64, at: MonotonicInstant)?
    /// The limit that was set last: for a piece of work of so many seconds.
    var limit: (seconds: UInt64, most: UInt64, at: MonotonicInstant)?
    /// The file in memory for the next artifact that is not small, if one was made and not used.
    var output: ArtifactFile?

    /// The processor time, in seconds, that it can have used by now at most: its threads have worked all the time.
    func mostUsedTime(now: MonotonicInstant) -> UInt64? {
      usedTime.map { $0.seconds + 1 + UInt64(threads ?? 1) * (now.nanoseconds(since: $0.at) / 1_000_000_000 + 1) }
    }
  }

  private struct Block: ~Copyable {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ChildProtocol.largestMessage + QuestionNumber.size, alignment: 1)

    deinit { memory.deallocate() }
  }

  private final class ArtifactFile: Sendable {
    let file: MemoryFile

    init() throws(SystemError) { file = try MemoryFile(name: "artifact") }
  }

  private static let errorCapacity = 1 << 14
  private static let longestWords = 1000

  /// Starts a child.
  static func start(
    _ program: ChildProgram, _ policy: ConfinementPolicy, cancellation: Cancellation
  ) throws(ChildFailure) -> CompileChild {
    do throws(SystemError) {
      let errors = try MemoryFile(name: "errors")
      try errors.fixSize(errorCapacity)
      let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
      let pair = try MessageSocket.pair()
      let lifeline = try Pipe()
      var descriptors = [
        nullDevice.raw, nullDevice.raw, errors.descriptor.raw, pair.given.raw, lifeline.reading.raw,
      ]
      var variables = environment()
      let allocator = program.openAllocator()?.release()
      defer { if let allocator { close(allocator) } }
      if let allocator {
        descriptors.append(allocator)
        // The path is not used: it may have spaces in it, and ld.so(8) would end it there.
        variables.append("LD_PRELOAD=/proc/self/fd/\(ChildProtocol.allocator)")
      }
      let process = try ChildProcess(
        executable: program.executable, arguments: ["wasmprecompile", CompileChildMain.subcommand],
        fromLastingThread: CompileChildMain.endsWithParent, environment: variables, descriptors: descriptors)
      return CompileChild(process, pair.keep(), lifeline.keepWriting(), errors, policy, cancellation)
    } catch {
      throw .cannotStart(reason: error.whyThisProgramDidNotStart)
    }
  }

  private init(
    _ process: ChildProcess, _ socket: consuming MessageSocket, _ lifeline: consuming Descriptor,
    _ errors: consuming MemoryFile, _ policy: ConfinementPolicy, _ cancellation: Cancellation
  ) {
    self.process = process
    self.socket = socket
    self.lifeline = lifeline
    self.errors = errors
    self.policy = policy
    self.cancellation = cancellation
    cancellation.register(process)
  }

  var hasEnded: Bool { process.hasEnded }

  /// How many threads it can work with; nil as long as it was asked nothing, so that it could be given any number.
  var mostThreads: Int? { state.withLock { $0.threads } }

  /// Whether it has used so much processor time that it could not be given a whole module's any more.
  ///
  /// The most that it may use is fixed when it compiles for the first time, because nobody may raise it again. Without an end
  /// to it, a child that was taken over could ignore the signal that comes first.
  var isWornOut: Bool {
    let now = MonotonicInstant.now()
    // The kernel is not asked as long as it cannot be so, which saves two system calls a module.
    let (most, mostUsed) = state.withLock { ($0.mostTime, $0.mostUsedTime(now: now)) }
    guard let most, mostUsed.map({ $0 > most / 2 }) ?? true, let used = process.processorTime else { return false }
    state.withLock { $0.usedTime = (used, now) }
    return used > most / 2
  }

  /// How many modules may take all of their time before a child is replaced by another.
  private static let longModules: UInt64 = 16

  /// Ends the child without waiting for its end. Letting go of its owner waits.
  func kill() { process.kill() }

  deinit {
    cancellation.unregister(process)
    process.kill()
  }

  /// Loads the engine in the child and makes a compiler for each of the settings.
  ///
  /// - Parameter threads: how many threads it may be asked to use. They reserve address space.
  /// - Returns: what the engine says of itself for each of the settings, and how the child is confined.
  func prepare(
    _ engine: EngineFile, settings: [EngineSettings], threads: Int, deadline: MonotonicInstant
  ) throws(ChildFailure) -> (records: [Result<CompatibilityRecord, EngineError>], confinement: Confinement) {
    let reply = try ask(
      .prepare(settings: settings, threads: threads, limits: policy.limits), passing: [engine.descriptor.raw],
      threads: 1, deadline: deadline)
    if case .denied(let call) = reply { throw .denied(call: call) }
    guard case .prepared(let records, let confinement) = reply, records.count == settings.count else {
      throw .protocolViolation("an unexpected answer to its preparation")
    }
    if policy.isRequired && !confinement.missing.isEmpty { throw .unconfined(missing: confinement.missing) }
    return (records, confinement)
  }

  /// Compiles one module.
  ///
  /// - Parameter threads: how many threads of the child may work on it. A child whose first module had fewer, or more, uses one.
  func compile(
    _ module: borrowing ModuleContents, size: Int, as kind: ModuleKind, settingsIndex: Int, threads: Int,
    deadline: MonotonicInstant
  ) throws(ChildFailure) -> CompiledArtifact {
    let output = try outputFile()
    let threads = state.withLock { state in
      let most = state.threads ?? max(1, threads)
      state.threads = most
      return most <= threads ? most : 1
    }
    let request: ChildRequest
    var descriptors = [output.file.descriptor.raw]
    switch module {
    case .small(let bytes):
      request = .compileSmall(settingsIndex: settingsIndex, threads: threads, kind: kind, module: bytes)
    case .file(let file):
      request = .compile(settingsIndex: settingsIndex, threads: threads, kind: kind, size: size)
      descriptors.insert(file.descriptor.raw, at: 0)
    }
    let reply = try ask(request, passing: descriptors, threads: threads, deadline: deadline)
    switch reply {
    case .compiledSmall(let artifact, let nanoseconds):
      guard case .compileSmall = request else { throw .protocolViolation(Self.strangeCompilation) }
      guard !artifact.isEmpty else { throw .protocolViolation("an empty artifact") }
      guard artifact.count <= policy.limits.file else { throw .exhausted(.artifact) }
      // The file is still empty, unless the child was taken over. Then it is the child's next artifact that suffers.
      return CompiledArtifact(Mapping(copying: artifact), nanoseconds: nanoseconds)
    case .failed(let error):
      throw .engine(error)
    case .exhausted(let limit):
      throw .exhausted(limit)
    case .systemCallFailed(let reason):
      throw .systemCallFailed(reason: reason)
    case .compiled(let claimed, let nanoseconds):
      state.withLock { $0.output = nil }
      return try CompiledArtifact(
        sealing: output.file, claimedSize: claimed, limit: policy.limits.file, nanoseconds: nanoseconds)
    case .prepared, .loaded, .denied:
      throw .protocolViolation(Self.strangeCompilation)
    }
  }

  private static let strangeCompilation = "an unexpected answer to a compilation"

  /// An empty file for an artifact. It serves until one is written to it.
  private func outputFile() throws(ChildFailure) -> ArtifactFile {
    if let made = state.withLock({ $0.output }) { return made }
    do throws(SystemError) {
      let file = try ArtifactFile()
      state.withLock { $0.output = file }
      return file
    } catch {
      throw .cannotStart(reason: "\(error.call): \(error)")
    }
  }

  /// Asks whether the engine would load an artifact.
  ///
  /// - Returns: the engine's own words if it refuses.
  func load(
    _ artifact: borrowing MemoryFile, size: Int, as kind: ModuleKind, settingsIndex: Int, deadline: MonotonicInstant
  ) throws(ChildFailure) -> String? {
    state.withLock { $0.threads = $0.threads ?? 1 }
    let reply = try ask(
      .load(settingsIndex: settingsIndex, kind: kind, size: size), passing: [artifact.descriptor.raw], threads: 1,
      deadline: deadline)
    guard case .loaded(let refusal) = reply else {
      throw .protocolViolation("an unexpected answer to the question whether it loads an artifact")
    }
    return refusal
  }

  /// Sends a request and waits for the answer; on every failure the child is dead afterwards.
  private func ask(
    _ request: ChildRequest, passing descriptors: [Int32], threads: Int, deadline: MonotonicInstant
  ) throws(ChildFailure) -> ChildReply {
    let number = QuestionNumber.random()
    do throws(SystemError) {
      // This limit acts if this process cannot watch the deadline, being suspended or starved by the child.
      let time = deadline.nanoseconds(since: .now()) / 1_000_000_000 * UInt64(max(1, threads))
      limitProcessorTime(seconds: time + 1, threads: threads)
      // An answer that is there before the question is put is none.
      if try socket.waitUntilReadable(milliseconds: 0), try !receive().isEmpty { throw Self.uncalledFor }
      var patience = Patience(until: deadline)
      // A child that reads nothing lets the socket fill.
      while try !socket.trySend(number.heading(request.encoded()), passing: descriptors) {
        guard try patience.wait(for: { (time) throws(SystemError) in try socket.waitUntilWritable(milliseconds: time) })
        else { throw SystemError("poll", .timedOut) }
      }
      guard try patience.wait(for: { (time) throws(SystemError) in try socket.waitUntilReadable(milliseconds: time) })
      else { throw SystemError("poll", .timedOut) }
      let message = try receive()
      if !message.isEmpty {
        guard let given = QuestionNumber(of: message), let reply = ChildReply(QuestionNumber.rest(of: message)) else {
          throw SystemError("recvmsg", .badMessage)
        }
        guard given == number else { throw Self.uncalledFor }
        return reply
      }
    } catch {
      // A child that died before it was asked shows as a broken pipe.
      if error.errno != .brokenPipe && error.errno != .connectionReset {
        process.kill()
        if cancellation.isCancelled { throw .cancelled }
        switch error.errno {
        case .timedOut: throw .timedOut
        case .badMessage: throw .protocolViolation("an answer that cannot be read")
        case Self.uncalledFor.errno: throw .protocolViolation("an answer to another question")
        default: throw .protocolViolation("no answer: \(error.call): \(error)")
        }
      }
    }
    // The child hung up. It is dead or dying; killing it as well ends one that only pretends to be.
    process.kill()
    let reason = process.wait()
    if cancellation.isCancelled { throw .cancelled }
    if reason == .signalled(SIGXCPU) { throw .timedOut }
    let words = firstWords()
    // Rust's runtime prints these words before it aborts.
    if let words, reason == .signalled(SIGABRT), words.hasPrefix("memory allocation of ") { throw .exhausted(.memory) }
    throw .crashed(how: reason?.description ?? "ended", output: words)
  }

  private static let uncalledFor = SystemError("recvmsg", .protocolError)

  private func receive() throws(SystemError) -> [UInt8] {
    try block.withLock { (block) throws(SystemError) in try socket.receive(through: block.memory).bytes }
  }

  private func limitProcessorTime(seconds: UInt64, threads: Int) {
    let now = MonotonicInstant.now()
    let isSet = state.withLock { state in
      // The limit is a second longer than wanted. One thread uses that up in a second.
      guard let limit = state.limit, threads == 1, state.threads == 1 else { return false }
      return limit.seconds == seconds && limit.most == state.mostTime
        && now.nanoseconds(since: limit.at) < 1_000_000_000
    }
    if isSet { return }
    let used = process.processorTime ?? 0
    let most = state.withLock { state in
      // A child that is only asked what it is may compile for longer than that takes.
      guard state.threads != nil else { return UInt64.max }
      let most = state.mostTime ?? used + Self.longModules * seconds
      state.mostTime = most
      state.limit = (seconds, most, now)
      return most
    }
    process.limitProcessorTime(seconds: seconds, most: most)
  }

  private static func environment() -> EnvironmentVariables {
    // Loading the engine needs only these variables: a process that reads hostile input has no use for secrets.
    var variables = EnvironmentVariables(inheriting: ["PATH=", "LD_LIBRARY_PATH=", "LANG=", "LC_", "WASMPRECOMPILE_"])
    // A backtrace would bury the one line that says what happened. Swift's takes a second and another program, too, and
    // lets a child that was sent SIGABRT live on.
    variables.append("SWIFT_BACKTRACE=enable=no")
    return variables
  }

  /// The child's first words, safe to print.
  private func firstWords() -> String? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.errorCapacity, alignment: 1)
    defer { buffer.deallocate() }
    guard let size = try? errors.descriptor.read(into: buffer, at: 0) else { return nil }
    let text = String(decoding: buffer.prefix(size).prefix { $0 != 0 }, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).filter {
      !$0.hasPrefix("note: ") && !$0.allSatisfy(\.isWhitespace)
    }
    return lines.isEmpty ? nil : String(lines.prefix(2).joined(separator: " ").prefix(Self.longestWords))
  }
}

extension CompiledArtifact {
  /// Seals what a child wrote, so that it cannot change any more, and only then looks at it.
  ///
  /// - Parameters:
  ///   - claimedSize: bytes, as the child says.
  ///   - limit: bytes of the largest artifact.
  init(
    sealing file: borrowing MemoryFile, claimedSize: Int, limit: Int, nanoseconds: UInt64
  ) throws(ChildFailure) {
    do {
      try file.seal()
      let actual = try file.descriptor.status().size
      guard actual == claimedSize, actual > 0 else {
        throw ChildFailure.protocolViolation("\(actual) bytes of artifact where it claims \(claimedSize)")
      }
      guard actual <= limit else { throw ChildFailure.exhausted(.artifact) }
      self.init(try Mapping(file.descriptor, size: actual), nanoseconds: nanoseconds)
    } catch let error as ChildFailure {
      throw error
    } catch {
      throw .protocolViolation("an artifact that cannot be sealed: \(error)")
    }
  }
}
