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
  /// The argument for a child whose parent's thread lives as long as its parent.
  package static let endsWithParent = "end-with-parent"

  /// Returns when the lane is gone.
  ///
  /// - Parameter arguments: behind the subcommand.
  package static func run(_ arguments: some Sequence<String> = []) {
    clinux_name_process("wasmprecompile-w")
    clinux_disable_core_dumps()
    // The lane decides when work ends; a signal meant for the whole terminal reaches it, too.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { _ = clinux_signal_ignore(signal) }
    // The signal below can be ignored by whoever took the child over. This one cannot.
    if arguments.contains(endsWithParent) { _ = clinux_end_with_parent() }
    // A compilation can last for minutes, and the process that wanted its result may be dead before.
    guard clinux_exit_when_hung_up(ChildProtocol.lifeline) == 0 else { return }
    // The allocator is loaded by now, if there was one.
    close(ChildProtocol.allocator)
    let socket = MessageSocket(Descriptor(owning: ChildProtocol.socket))
    do throws(SystemError) {
      var child = try prepare(socket)
      try child.serve(socket)
    } catch {
      // The lane shows this as the child's last words.
      try? Descriptor(owning: STDERR_FILENO).write(all: "\(error.call): \(error)\n")
      _exit(1)
    }
  }

  /// Loads the library that the lane passes, enters the sandbox, and makes an engine for each of the settings. It
  /// reports how each went.
  private static func prepare(_ socket: borrowing MessageSocket) throws(SystemError) -> PreparedChild {
    var message = try socket.receive(limit: ChildProtocol.largestMessage + QuestionNumber.size)
    guard let number = QuestionNumber(of: message.bytes),
      case .prepare(let settings, let threads, let limits) = ChildRequest(QuestionNumber.rest(of: message.bytes)),
      let file = message.takeDescriptor()
    else { throw SystemError("prepare", .badMessage) }
    // One for each of the settings, nil where the engine refuses them.
    var compilers: [ModuleCompiler?] = []
    var records: [Result<CompatibilityRecord, EngineError>] = []
    let library = Result { () throws(EngineError) in
      try EngineLibrary(path: FilePath("/proc/self/fd/\(file.raw)"))
    }
    let confinement: Confinement
    do { confinement = try Confinement.enter(limits, threads: threads) } catch {
      // Without this answer the child's end would be taken for the engine's doing.
      try? socket.send(number.heading(ChildReply.denied("\(error.call): \(error)").encoded()))
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
    try socket.send(number.heading(ChildReply.prepared(records, confinement).encoded()))
    return PreparedChild(compilers, confinement)
  }
}
