internal import CLinux
package import Confinement
internal import Glibc
internal import LinuxIO
package import Precompiler
internal import SystemPackage
internal import WasmCache
package import WasmEngine

/// How a compile child is started.
package struct ChildProgram: Sendable {
  /// The path of a program that runs ``CompileChildMain`` for the subcommand of that name.
  package var executable: String
  /// Whether the child takes its memory from the allocator that is installed with the program, if there is one.
  private var usesAllocator = false

  /// The running program itself, even if its file was replaced meanwhile.
  package static let thisExecutable = {
    var program = ChildProgram(executable: "/proc/self/exe")
    program.usesAllocator = true
    return program
  }()

  package init(executable: String) { self.executable = executable }

  /// A library that has malloc(3) and its kin, with which engines compile 4 to 9 % faster than with the C library's.
  ///
  /// Only children have it: it takes each program a tenth of a millisecond longer to start, and each thread 32 MiB of address
  /// space. Where that is limited (`ulimit -v`), compilations would fail for it, so that the C library's has to do.
  fileprivate func openAllocator() -> Descriptor? {
    usesAllocator && !clinux_address_space_is_limited()
      ? Self.allocator.flatMap { try? Descriptor.open($0, O_RDONLY) } : nil
  }

  private static let allocator = FilePath("/proc/self/exe").resolved?
    .removingLastComponent().removingLastComponent().appending("lib/wasmprecompile/libmimalloc.so")
}

/// How compile children are confined.
package struct ConfinementPolicy: Hashable, Sendable {
  /// Limits to a child's resources. Engines take some hundred times a module's size at most, measured.
  package var limits = ChildLimits(memory: 4 << 30, file: 4 << 30)
  /// Whether nothing may be compiled where the kernel cannot confine children in full.
  package var isRequired = false

  package init() {}
}

/// The run's side of one compile child.
///
/// The child is not believed: it is killed at its deadline, its answers are parsed as foreign input, and its artifact is
/// sealed before anyone looks at it.
final class CompileChild: Sendable {
  private let process: ChildProcess
  private let socket: MessageSocket
  /// The output of the child and of the engine's panics. It is bounded, because nobody drains it.
  private let errors: MemoryFile
  private let policy: ConfinementPolicy
  private let cancellation: Cancellation

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
      var descriptors = [nullDevice.raw, nullDevice.raw, errors.descriptor.raw, pair.given.raw]
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
        environment: variables, descriptors: descriptors)
      return CompileChild(process, pair.keep(), errors, policy, cancellation)
    } catch {
      throw .cannotStart(reason: "\(error.call): \(error)")
    }
  }

  private init(
    _ process: ChildProcess, _ socket: consuming MessageSocket, _ errors: consuming MemoryFile,
    _ policy: ConfinementPolicy, _ cancellation: Cancellation
  ) {
    self.process = process
    self.socket = socket
    self.errors = errors
    self.policy = policy
    self.cancellation = cancellation
    cancellation.register(process)
  }

  var hasEnded: Bool { process.hasEnded }

  /// Ends the child without waiting for its end. Letting go of its owner waits.
  func kill() { process.kill() }

  deinit {
    cancellation.unregister(process)
    process.kill()
  }

  /// Loads the engine in the child and makes a compiler for each of the settings.
  ///
  /// - Parameter threads: how many threads a parallel compilation may use.
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
  /// - Parameter threads: how many threads of the child may work on it.
  func compile(
    _ module: borrowing MemoryFile, size: Int, as kind: ModuleKind, settingsIndex: Int, threads: Int,
    deadline: MonotonicInstant
  ) throws(ChildFailure) -> CompiledArtifact {
    let output: MemoryFile
    do { output = try MemoryFile(name: "artifact") } catch { throw .cannotStart(reason: "\(error.call): \(error)") }
    let reply = try ask(
      .compile(settingsIndex: settingsIndex, parallel: threads > 1, kind: kind, size: size),
      passing: [module.descriptor.raw, output.descriptor.raw], threads: threads, deadline: deadline)
    switch reply {
    case .failed(let error):
      throw .engine(error)
    case .exhausted(let limit):
      throw .exhausted(limit)
    case .systemCallFailed(let reason):
      throw .systemCallFailed(reason: reason)
    case .compiled(let claimed, let nanoseconds):
      return try CompiledArtifact(
        sealing: output, claimedSize: claimed, limit: policy.limits.file, nanoseconds: nanoseconds)
    case .prepared, .loaded, .denied:
      throw .protocolViolation("an unexpected answer to a compilation")
    }
  }

  /// Asks whether the engine would load an artifact.
  ///
  /// - Returns: the engine's own words if it refuses.
  func load(
    _ artifact: borrowing MemoryFile, size: Int, as kind: ModuleKind, settingsIndex: Int, deadline: MonotonicInstant
  ) throws(ChildFailure) -> String? {
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
    do throws(SystemError) {
      // This limit acts if this process cannot watch the deadline, being suspended or starved by the child.
      let time = deadline.nanoseconds(since: .now()) / 1_000_000_000 * UInt64(max(1, threads))
      process.limitProcessorTime(seconds: time + 1)
      try socket.send(request.encoded(), passing: descriptors)
      // The wait is in slices, each counted for no more than its length: a whole job that is suspended loses no time.
      var left = deadline.nanoseconds(since: .now())
      while true {
        let slice = min(left, 1_000_000_000)
        let begin = MonotonicInstant.now()
        // The slice is rounded up, so that a wait never ends just before the deadline.
        if try socket.waitUntilReadable(milliseconds: Int(slice / 1_000_000) + 1) { break }
        left -= min(slice, MonotonicInstant.now().nanoseconds(since: begin))
        if left == 0 {
          process.kill()
          throw SystemError("poll", .timedOut)
        }
      }
      let message = try socket.receive(limit: ChildProtocol.largestMessage)
      if let reply = ChildReply(message.bytes) { return reply }
      if !message.bytes.isEmpty {
        process.kill()
        throw SystemError("recvmsg", .badMessage)
      }
    } catch {
      // A child that died before it was asked shows as a broken pipe.
      if error.errno != .brokenPipe && error.errno != .connectionReset {
        process.kill()
        if cancellation.isCancelled { throw .cancelled }
        switch error.errno {
        case .timedOut: throw .timedOut
        case .badMessage: throw .protocolViolation("an answer that cannot be read")
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

/// Why a child gave no artifact.
package enum ChildFailure: Error, Hashable, Sendable {
  /// The engine refused; the child lives on.
  case engine(EngineError)
  case crashed(how: String, output: String?)
  case timedOut
  case exhausted(CompilerLimit)
  /// The kernel cannot confine the child as required.
  case unconfined(missing: [String])
  /// The child could not make this system call, without which it cannot be confined.
  case denied(call: String)
  /// The child gave this instead of an answer. The text follows "gave".
  case protocolViolation(String)
  /// A system call of the child's failed.
  case systemCallFailed(reason: String)
  case cannotStart(reason: String)
  case cancelled
}

extension ModuleFailure {
  init(_ failure: ChildFailure, by identity: ArtifactIdentity, timeout: Double, limits: ChildLimits) {
    switch failure {
    case .engine(.invalidModule(let message)):
      if let proposal = Proposal(namedIn: message) {
        self = .unsupportedProposal(proposal, by: identity, message: message)
      } else {
        self = .invalid(message: message)
      }
    case .engine(.componentsUnsupported): self = .componentsUnsupported(by: identity)
    case .engine(.cannotSerialize(let message)): self = .notSerialized(message: message)
    case .engine(let error): self = .engineUnusable(error)
    case .crashed(let how, let output): self = .compilerCrashed(how: how, output: output)
    case .timedOut: self = .timedOut(seconds: timeout)
    case .exhausted(.memory): self = .exhausted(.memory, bytes: limits.memory)
    case .exhausted(.artifact): self = .exhausted(.artifact, bytes: limits.file)
    case .unconfined(let missing): self = .unconfined(missing: missing)
    case .denied(let call): self = .compilerNotStarted(reason: "it cannot be confined: \(call)")
    case .protocolViolation(let what): self = .compilerMisbehaved(what: what)
    case .systemCallFailed(let reason): self = .compilerFailed(reason: reason)
    case .cannotStart(let reason): self = .compilerNotStarted(reason: reason)
    case .cancelled: self = .cancelled
    }
  }
}
