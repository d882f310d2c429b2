internal import CLinux
internal import Dispatch
internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The child's side: compiles what its lane sends until the lane hangs up.
///
/// It handles hostile input in a library that aborts the process on internal errors, so it holds nothing worth having: the
/// module and the artifact are files in memory, and it never touches the cache. Whatever is given up before hostile input
/// is read belongs between ``prepare`` and ``serve``.
package enum CompileService {
  /// The hidden subcommand that runs this.
  package static let subcommand = "compile-worker"

  /// Returns when the lane is gone.
  package static func run() {
    clinux_name_process("wasmprecompile-w")
    clinux_disable_core_dumps()
    // The lane decides when work ends; a signal meant for the whole terminal reaches it, too.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { _ = clinux_signal_ignore(signal) }
    exitWhenLaneIsGone()
    let socket = MessageSocket(Descriptor(owning: WorkerProtocol.socket))
    guard let compilers = try? prepare(socket) else { return }
    serve(socket, compilers)
  }

  /// A compilation can last for minutes; whoever wanted its result may be dead before.
  private static func exitWhenLaneIsGone() {
    let socket = MessageSocket(Descriptor(owning: dup(WorkerProtocol.socket)))
    DispatchQueue(label: "lane watch").async {
      socket.waitUntilHungUp()
      _exit(0)
    }
  }

  /// Loads the library that the lane passes and makes an engine for each of the settings, saying how it went.
  private static func prepare(_ socket: borrowing MessageSocket) throws(SystemError) -> [Compiler] {
    var message = try socket.receive(limit: WorkerProtocol.largestMessage)
    guard case .prepare(let settings, let threads) = WorkerRequest(message.bytes),
      let file = message.takeDescriptor()
    else { return [] }
    // The engine's thread pool reads this when it starts, with the first parallel compilation.
    setenv("RAYON_NUM_THREADS", "\(max(1, threads))", 1)
    var compilers: [Compiler] = []
    var records: [Result<CompatibilityRecord, EngineError>] = []
    let library = Result { () throws(EngineError) in
      try EngineLibrary(path: FilePath("/proc/self/fd/\(file.raw)"))
    }
    for one in settings {
      records.append(
        Result { () throws(EngineError) in
          let compiler = try Compiler(library.get(), one)
          compilers.append(compiler)
          return try compiler.sequential.compatibilityRecord()
        })
    }
    try socket.send(WorkerReply.prepared(records).encoded())
    return compilers
  }

  private static func serve(_ socket: borrowing MessageSocket, _ compilers: [Compiler]) {
    while var message = try? socket.receive(limit: WorkerProtocol.largestMessage) {
      guard case .compile(let index, let parallel, let kind, let size) = WorkerRequest(message.bytes),
        compilers.indices.contains(index), let module = message.takeDescriptor(),
        let artifact = message.takeDescriptor()
      else { return }
      let reply: WorkerReply
      do throws(EngineError) {
        let start = MonotonicInstant.now()
        let engine = try compilers[index].engine(parallel: parallel)
        let written = try compile(module, size, kind, with: engine, into: artifact)
        reply = .compiled(size: written, nanoseconds: MonotonicInstant.now().nanoseconds(since: start))
      } catch {
        reply = .failed(error)
      }
      guard (try? socket.send(reply.encoded())) != nil else { return }
    }
  }

  private static func compile(
    _ file: borrowing Descriptor, _ size: Int, _ kind: ModuleKind, with engine: Engine,
    into artifact: borrowing Descriptor
  ) throws(EngineError) -> Int {
    let module: Mapping
    do { module = try Mapping(file, size: size) } catch {
      throw .cannotSerialize(message: "the module could not be mapped: \(error)")
    }
    let written = try engine.compile(module.bytes, as: kind) { bytes in
      Result { () throws(SystemError) in
        try artifact.write(all: bytes)
        return bytes.count
      }
    }
    do { return try written.get() } catch {
      throw .cannotSerialize(message: "the artifact could not be written: \(error)")
    }
  }
}

/// One of a child's engines, for one thread and, made when it is first wanted, for all.
private final class Compiler {
  let sequential: Engine
  private var parallel: Engine?
  private let settings: EngineSettings

  init(_ library: EngineLibrary, _ settings: EngineSettings) throws(EngineError) {
    sequential = try Engine(library: library, settings: settings, parallel: false)
    self.settings = settings
  }

  func engine(parallel wanted: Bool) throws(EngineError) -> Engine {
    guard wanted else { return sequential }
    if let parallel { return parallel }
    let engine = try Engine(library: sequential.library, settings: settings, parallel: true)
    parallel = engine
    return engine
  }
}
