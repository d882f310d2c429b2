internal import CLinux
internal import Confinement
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmEngine

/// The child's side: compiles what its lane sends until the lane hangs up.
///
/// It handles hostile input in a library that aborts the process on internal errors, so it holds nothing worth having: the
/// module and the artifact are files in memory, it never touches the cache, and once the engine's library is loaded it
/// gives up whatever else it does not need (``Confinement``).
package enum CompileChildMain {
  /// The hidden subcommand that runs this.
  package static let subcommand = "compile-worker"

  /// Returns when the lane is gone.
  package static func run() {
    clinux_name_process("wasmprecompile-w")
    clinux_disable_core_dumps()
    // The lane decides when work ends; a signal meant for the whole terminal reaches it, too.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { _ = clinux_signal_ignore(signal) }
    // A compilation can last for minutes, and the process that wanted its result may be dead before.
    guard clinux_exit_when_hung_up(ChildProtocol.socket) == 0 else { return }
    // The allocator is loaded by now, if there was one.
    close(ChildProtocol.allocator)
    let socket = MessageSocket(Descriptor(owning: ChildProtocol.socket))
    do throws(SystemError) {
      try serve(socket, try prepare(socket))
    } catch {
      // The lane shows this as the child's last words.
      try? Descriptor(owning: STDERR_FILENO).write(all: "\(error.call): \(error)\n")
      _exit(1)
    }
  }

  /// Loads the library that the lane passes, enters the sandbox, and makes an engine for each of the settings. It
  /// reports how each went.
  private static func prepare(_ socket: borrowing MessageSocket) throws(SystemError) -> [ModuleCompiler?] {
    var message = try socket.receive(limit: ChildProtocol.largestMessage)
    guard case .prepare(let settings, let threads, let limits) = ChildRequest(message.bytes),
      let file = message.takeDescriptor()
    else { throw SystemError("prepare", .badMessage) }
    // The engine's thread pool reads this when it starts, with the first parallel compilation.
    setenv("RAYON_NUM_THREADS", "\(max(1, threads))", 1)
    // One for each of the settings, nil where the engine refuses them.
    var compilers: [ModuleCompiler?] = []
    var records: [Result<CompatibilityRecord, EngineError>] = []
    let library = Result { () throws(EngineError) in
      try EngineLibrary(path: FilePath("/proc/self/fd/\(file.raw)"))
    }
    let confinement: Confinement
    do { confinement = try Confinement.enter(limits, threads: threads) } catch {
      // Without this answer the child's end would be taken for the engine's doing.
      try? socket.send(ChildReply.denied("\(error.call): \(error)").encoded())
      throw error
    }
    for one in settings {
      records.append(
        Result { () throws(EngineError) in
          one.configuration.setEnvironment()
          compilers.append(nil)
          let compiler = try ModuleCompiler(library: library.get(), settings: one)
          compilers[compilers.count - 1] = compiler
          return try compiler.record()
        })
    }
    try socket.send(ChildReply.prepared(records, confinement).encoded())
    return compilers
  }

  private static func serve(_ socket: borrowing MessageSocket, _ compilers: [ModuleCompiler?]) throws(SystemError) {
    while true {
      var message = try socket.receive(limit: ChildProtocol.largestMessage)
      // The lane hung up.
      if message.bytes.isEmpty { return }
      let request = ChildRequest(message.bytes)
      if case .load(let index, let kind, let size) = request {
        guard compilers.indices.contains(index), let compiler = compilers[index],
          let artifact = message.takeDescriptor()
        else {
          throw SystemError("load", .badMessage)
        }
        let bytes = try Mapping(artifact, size: size)
        let refusal: String?
        do {
          try compiler.host.tryLoading(bytes.bytes, as: kind)
          refusal = nil
        } catch {
          refusal = error.reason
        }
        try socket.send(ChildReply.loaded(refusal: refusal).encoded())
        continue
      }
      guard case .compile(let index, let parallel, let kind, let size) = request,
        compilers.indices.contains(index), let compiler = compilers[index], let module = message.takeDescriptor(),
        let artifact = message.takeDescriptor()
      else { throw SystemError("compile", .badMessage) }
      #if DEBUG
        SandboxProbe.runIfAsked()
      #endif
      let reply: ChildReply
      do throws(EngineError) {
        let start = MonotonicInstant.now()
        // An engine for another level of features may have to be made.
        compiler.settings.configuration.setEnvironment()
        switch try compile(module, size, kind, parallel: parallel, with: compiler, into: artifact) {
        case .success(let written):
          reply = .compiled(size: written, nanoseconds: MonotonicInstant.now().nanoseconds(since: start))
        case .failure(let error):
          switch error.errno {
          case .noMemory: reply = .exhausted(.memory)
          case .fileTooLarge: reply = .exhausted(.artifact)
          default: reply = .systemCallFailed("\(error.call): \(error)")
          }
        }
      } catch {
        reply = error.isOutOfMemory ? .exhausted(.memory) : .failed(error)
      }
      try socket.send(reply.encoded())
    }
  }

  private static func compile(
    _ file: borrowing Descriptor, _ size: Int, _ kind: ModuleKind, parallel: Bool, with compiler: ModuleCompiler,
    into artifact: borrowing Descriptor
  ) throws(EngineError) -> Result<Int, SystemError> {
    let module: Mapping
    do { module = try Mapping(file, size: size) } catch { return .failure(error) }
    return try compiler.compile(module.bytes, as: kind, parallel: parallel) { bytes in
      Result { () throws(SystemError) in
        try artifact.write(all: bytes)
        return bytes.count
      }
    }
  }
}

extension EngineError {
  /// Whether the kernel gave the engine no more memory, which it reports like any other reason.
  fileprivate var isOutOfMemory: Bool {
    switch self {
    case .invalidModule(let message), .cannotSerialize(let message): message.contains("(os error \(ENOMEM))")
    default: false
    }
  }
}
