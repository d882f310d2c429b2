internal import Confinement
internal import Glibc
package import LinuxIO
package import Precompiler
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// One lane's supervisor of a compiler's programs.
///
/// The programs of one module are gone before those of the next begin, with everything that they wrote. So modules of any
/// origin may follow each other.
package final class ProgramSession: CompileSession {
  private let context: ProgramContext
  private let process: ChildProcess
  private let state: Mutex<State>
  package let missingDefences: [String]

  private struct State: ~Copyable {
    /// Nil when the session is over: the supervisor ends when it is closed.
    var socket: MessageSocket?
    var missing: [String] = []
  }

  init(_ context: ProgramContext) throws(SystemError) {
    self.context = context
    let pair = try MessageSocket.pair()
    let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
    var variables = EnvironmentVariables(inheriting: ["TMPDIR=", "LD_LIBRARY_PATH="])
    variables.append("SWIFT_BACKTRACE=enable=no")
    process = try ChildProcess(
      executable: context.options.supervisor, arguments: ["wasmprecompile", ProgramSupervisor.subcommand],
      environment: variables, descriptors: [nullDevice.raw, nullDevice.raw, nullDevice.raw, pair.given.raw],
      leadsSession: true)
    state = Mutex(State(socket: pair.keep()))
    missingDefences = ProgramConfinement().missing
  }

  package var isUsable: Bool { state.withLock { $0.socket != nil } }
  package var mostThreads: Int? { nil }

  package func end() { state.withLock { $0.socket = nil } }

  deinit {
    end()
    // It ends what runs and removes what was written. Where that takes long, it goes on alone: killed, it would leave the rest.
    process.waitForEnd(atMost: 12)
    if !process.hasEnded { process.leave() }
  }

  package func compile(
    _ module: LoadedModule, wish: Int, threads: Int, deadline: MonotonicInstant, timeout: Double
  ) throws(ModuleFailure) -> CompiledArtifact {
    let compiler = context.compiler.description
    if module.facts.kind == .component && compiler.refuses.contains(.components) {
      throw .refusedByProgram(compiler.name, what: "components")
    }
    if context.options.requiresConfinement && !missingDefences.isEmpty { throw .unconfined(missing: missingDefences) }
    guard let account = context.account, context.isUnchanged else { throw Self.replaced(compiler.name) }
    let request = context.wishes[wish]
    var places = context.compiler.places
    places["input"] = Self.input
    places["output"] = "module\(compiler.suffix)"
    places["threads"] = "\(threads)"
    let commands = compiler.arguments(request).map { command in
      command.flatMap { context.compiler.filled($0, with: places, of: context.parts) }
    }
    var order = order(commands, of: account.files, seconds: timeout)
    order.input = Self.input
    order.output = places["output"]
    order.texts = request.texts
    order.environment += request.environment
    let output: MemoryFile
    do { output = try MemoryFile(name: "artifact") } catch {
      throw .compilerNotStarted(reason: "\(error.call): \(error)")
    }
    let report = try ask(order, module: module, output, deadline: deadline)
    // Nothing that another compiler made may be filed under this one.
    guard context.isUnchanged else { throw Self.replaced(compiler.name) }
    let words = CompilerWords(report.words)
    switch report.result {
    case .done(let size):
      return try artifact(output, size: size, nanoseconds: report.nanoseconds, words)
    case .failed(let command, let how):
      let isOwn = commands.indices.contains(command) && commands[command].first == context.compiler.main.string
      let hint = hint(about: how, words, isOwn: isOwn, account)
      throw .programFailed(Self.program(of: commands, command), how: how + hint, words)
    case .withoutOutput(let why):
      throw .programFailed(
        Self.program(of: commands, commands.count - 1), how: "ended with status 0, but \(why)", words)
    case .tooLarge: throw .exhausted(.artifact, bytes: context.options.largestArtifact)
    case .timedOut:
      if context.cancellation.isCancelled { throw .cancelled }
      throw .timedOut(seconds: timeout)
    case .fillsDisk: throw .exhausted(.files, bytes: context.options.space)
    case .fillsMemory: throw .exhausted(.memory, bytes: context.options.memory)
    case .replaced: throw Self.replaced(compiler.name)
    case .startsTooMany(let most):
      throw .programFailed(compiler.name, how: "started more than \(most) processes", words)
    case .notStarted(let call, let errno), .cannotWork(let call, let errno):
      throw .compilerNotStarted(reason: "\(call): \(SystemError(call, Errno(rawValue: errno)))")
    }
  }

  /// What may be behind the end of a program, and is not known to somebody who only started it by hand.
  ///
  /// - Parameter isOwn: whether it is the one that the compiler's version is of.
  private func hint(
    about how: String, _ words: CompilerWords?, isOwn: Bool, _ account: CompilerAccount
  ) -> String {
    let memory = context.options.memory
    let said = words?.whole.lowercased() ?? ""
    let mayLackMemory =
      words == nil ? how.hasPrefix("was ended by signal") : Self.memoryWords.contains(where: said.contains)
    if mayLackMemory && memory < ProgramOptions().memory {
      return ", with no more than \(ByteCount(memory)) of memory (--max-memory)"
    }
    if Self.denials.contains(where: said.contains) {
      return ", which is confined (see wasmprecompile-backends(7))"
    }
    if words != nil { return "" }
    guard isOwn, how.hasPrefix("was ended by signal \(SIGABRT) "),
      let hint = context.compiler.description.hints[account.version]
    else { return "" }
    return ": \(hint)"
  }

  private static let memoryWords = ["memory", "bad_alloc"]
  private static let denials = ["operation not permitted", "permission denied", "network is unreachable"]

  private static let input = "module.wasm"

  private static func replaced(_ name: String) -> ModuleFailure {
    .programReplaced(name)
  }

  private static func program(of commands: [[String]], _ number: Int) -> String {
    guard commands.indices.contains(number), let path = commands[number].first else { return "the compiler" }
    return FilePath(path).lastComponent?.string ?? path
  }

  private func artifact(
    _ output: borrowing MemoryFile, size: Int, nanoseconds: UInt64, _ words: CompilerWords?
  ) throws(ModuleFailure) -> CompiledArtifact {
    let magic = context.compiler.description.magic
    do {
      try output.seal()
      let actual = try output.descriptor.status().size
      guard actual == size, actual > 0 else { throw SystemError("fstat", .badMessage) }
      let contents = try Mapping(output.descriptor, size: actual)
      guard contents.bytes.starts(with: magic) else {
        let start = contents.bytes.prefix(magic.count).map { $0 }.spacedHex
        throw ModuleFailure.programFailed(
          context.compiler.description.name,
          how: "made an output that starts with \(start), not with \(magic.spacedHex)",
          words)
      }
      return CompiledArtifact(contents, nanoseconds: nanoseconds)
    } catch let failure as ModuleFailure {
      throw failure
    } catch {
      throw .compilerMisbehaved(what: "an artifact that cannot be sealed: \(error)")
    }
  }

  /// An order without a module.
  ///
  /// - Parameter memory: bytes; nil for as many as are allowed.
  func order(_ commands: [[String]], of files: CompilerFiles, seconds: Double, memory: Int? = nil) -> ProgramOrder {
    let options = context.options
    let memory = memory ?? options.memory
    let milliseconds = min(seconds * 1000, 1e12)
    let perThread = context.compiler.description.usesAllCores ? AvailableProcessors.count() : 1
    return ProgramOrder(
      commands: commands, executables: files.executables(of: commands),
      environment: context.compiler.environment(home: ProgramOrder.home),
      readable: context.compiler.readable,
      limits: ProgramConfinement.Limits(
        // Each thread reserves some address space that it does not use.
        memory: memory.addingSaturating(perThread * (72 << 20)), file: options.space,
        processorTime: Int(milliseconds / 1000 * Double(perThread)) + 2),
      memory: memory, space: options.space, largestOutput: options.largestArtifact,
      milliseconds: Int(milliseconds))
  }

  func ask(_ order: ProgramOrder, deadline: MonotonicInstant) throws(ModuleFailure) -> ProgramReport {
    try ask(order, passing: [], deadline: deadline)
  }

  private func ask(
    _ order: ProgramOrder, module: LoadedModule, _ output: borrowing MemoryFile, deadline: MonotonicInstant
  ) throws(ModuleFailure) -> ProgramReport {
    switch module.contents {
    case .file(let file):
      return try ask(order, passing: [file.descriptor.raw, output.descriptor.raw], deadline: deadline)
    case .small(let bytes):
      let file: MemoryFile
      do { file = try MemoryFile.sealed(name: "module", bytes) } catch {
        throw .compilerNotStarted(reason: "\(error.call): \(error)")
      }
      return try ask(order, passing: [file.descriptor.raw, output.descriptor.raw], deadline: deadline)
    }
  }

  /// Seconds that a supervisor may take after the deadline to end everything.
  private static let grace = 15.0

  private func ask(
    _ order: ProgramOrder, passing descriptors: [Int32], deadline: MonotonicInstant
  ) throws(ModuleFailure) -> ProgramReport {
    guard let bytes = order.encoded, bytes.count <= ProgramOrder.longest else {
      throw .compilerNotStarted(reason: "its commands are too long")
    }
    let last = deadline.adding(seconds: Self.grace)
    do {
      guard
        let sent = try state.withLock({ (state) throws(SystemError) -> Bool? in
          guard state.socket != nil else { return nil }
          try state.socket?.send(bytes, passing: descriptors)
          return true
        }), sent
      else { throw SystemError("sendmsg", .brokenPipe) }
      while true {
        // In between, others may end the session.
        let answer: [UInt8]?? = try state.withLock { (state) throws(SystemError) in
          guard let ready = try state.socket?.waitUntilReadable(milliseconds: 20) else { return .some(nil) }
          return ready ? .some(try state.socket?.receive(limit: ProgramOrder.longest).bytes) : .none
        }
        if let answer {
          guard let answer, let report = ProgramReport(answer) else {
            end()
            if context.cancellation.isCancelled { throw ModuleFailure.cancelled }
            throw ModuleFailure.compilerMisbehaved(what: "no answer")
          }
          return report
        }
        if context.cancellation.isCancelled {
          end()
          throw ModuleFailure.cancelled
        }
        if MonotonicInstant.now() > last {
          end()
          throw ModuleFailure.timedOut(seconds: Double(order.milliseconds) / 1000)
        }
      }
    } catch let failure as ModuleFailure {
      throw failure
    } catch {
      end()
      throw .compilerNotStarted(reason: "\(error)")
    }
  }
}

extension Int {
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? Int.max : sum
  }
}
