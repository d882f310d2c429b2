internal import Confinement
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmEngine

/// A compile child that has an engine and is confined: it answers its lane's questions until the lane hangs up.
struct PreparedChild {
  /// One for each of the settings, nil where the engine refuses them.
  private let compilers: [ModuleCompiler?]
  private let confinement: Confinement
  private var isSettled = false

  init(_ compilers: [ModuleCompiler?], _ confinement: Confinement) {
    self.compilers = compilers
    self.confinement = confinement
  }

  mutating func serve(_ socket: borrowing MessageSocket) throws(SystemError) {
    while true {
      var message = try socket.receive(limit: ChildProtocol.largestMessage + QuestionNumber.size)
      // The lane hung up.
      if message.bytes.isEmpty { return }
      guard let number = QuestionNumber(of: message.bytes) else { throw SystemError("recvmsg", .badMessage) }
      let reply: ChildReply
      switch ChildRequest(QuestionNumber.rest(of: message.bytes)) {
      case .load(let index, let kind, let size):
        guard let compiler = compiler(index), let artifact = message.takeDescriptor() else {
          throw SystemError("load", .badMessage)
        }
        try settle(threads: 1)
        reply = try load(artifact, size, kind, with: compiler)
      case .compile(let index, let threads, let kind, let size):
        guard let compiler = compiler(index), let module = message.takeDescriptor(),
          let artifact = message.takeDescriptor()
        else { throw SystemError("compile", .badMessage) }
        try settle(threads: threads)
        #if DEBUG
          SandboxProbe.runIfAsked()
        #endif
        reply = answer(with: compiler) { () throws(EngineError) in
          try compile(module, size, kind, parallel: threads > 1, with: compiler, into: artifact)
        }
      case .compileSmall(let index, let threads, let kind, let module):
        guard let compiler = compiler(index), let artifact = message.takeDescriptor() else {
          throw SystemError("compile", .badMessage)
        }
        try settle(threads: threads)
        #if DEBUG
          SandboxProbe.runIfAsked()
        #endif
        reply = answer(with: compiler) { () throws(EngineError) in
          try compileSmall(module, kind, parallel: threads > 1, with: compiler, into: artifact)
        }
      case .prepare, nil: throw SystemError("recvmsg", .badMessage)
      }
      try socket.send(number.heading(reply.encoded()))
    }
  }

  private func compiler(_ index: Int) -> ModuleCompiler? { compilers.indices.contains(index) ? compilers[index] : nil }

  // MARK: Threads

  /// Two functions that do nothing.
  private static let warmUp: [UInt8] =
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 3, 2, 0, 0, 0xa, 7, 2, 2, 0, 0xb, 2, 0, 0xb]

  /// Starts the engine's threads, before the first module of somebody else's is looked at, and gives up the right to more.
  ///
  /// - Parameter threads: how many; 1 for none but this.
  private mutating func settle(threads: Int) throws(SystemError) {
    if isSettled { return }
    isSettled = true
    if threads > 1, let compiler = compilers.lazy.compactMap(\.self).first {
      // The engine's pool reads this when it starts, with the first parallel compilation.
      setenv("RAYON_NUM_THREADS", "\(threads)", 1)
      compiler.settings.configuration.setEnvironment()
      // What the engine says of it does not matter. Its threads are there, or it has ended the process.
      _ = Self.warmUp.withUnsafeBytes { bytes in
        try? compiler.compile(bytes, as: .coreModule, parallel: true) { _ in }
      }
    }
    try confinement.refuseThreads()
  }

  // MARK: Answers

  private func load(
    _ artifact: borrowing Descriptor, _ size: Int, _ kind: ModuleKind, with compiler: ModuleCompiler
  ) throws(SystemError) -> ChildReply {
    let bytes = try Mapping(artifact, size: size)
    do {
      try compiler.host.tryLoading(bytes.bytes, as: kind)
      return .loaded(refusal: nil)
    } catch {
      return .loaded(refusal: error.reason)
    }
  }

  private func answer(
    with compiler: ModuleCompiler, _ compile: () throws(EngineError) -> Result<Output, SystemError>
  ) -> ChildReply {
    do throws(EngineError) {
      let start = MonotonicInstant.now()
      // An engine for another level of features may have to be made.
      compiler.settings.configuration.setEnvironment()
      let result = try compile()
      let nanoseconds = MonotonicInstant.now().nanoseconds(since: start)
      switch result {
      case .success(.file(let size)): return .compiled(size: size, nanoseconds: nanoseconds)
      case .success(.small(let artifact)): return .compiledSmall(artifact: artifact, nanoseconds: nanoseconds)
      case .failure(let error):
        switch error.errno {
        case .noMemory: return .exhausted(.memory)
        case .fileTooLarge: return .exhausted(.artifact)
        default: return .systemCallFailed("\(error.call): \(error)")
        }
      }
    } catch {
      return error.isOutOfMemory ? .exhausted(.memory) : .failed(error)
    }
  }

  /// The place of an artifact.
  private enum Output {
    case small([UInt8])
    /// - Parameter size: bytes.
    case file(size: Int)
  }

  private func compile(
    _ file: borrowing Descriptor, _ size: Int, _ kind: ModuleKind, parallel: Bool, with compiler: ModuleCompiler,
    into artifact: borrowing Descriptor
  ) throws(EngineError) -> Result<Output, SystemError> {
    let module: Mapping
    do { module = try Mapping(file, size: size) } catch { return .failure(error) }
    return try compiler.compile(module.bytes, as: kind, parallel: parallel) { write($0, to: artifact) }
  }

  private func compileSmall(
    _ module: [UInt8], _ kind: ModuleKind, parallel: Bool, with compiler: ModuleCompiler,
    into artifact: borrowing Descriptor
  ) throws(EngineError) -> Result<Output, SystemError> {
    // Closures that are handed on lose the type of what they throw.
    let result = module.withUnsafeBytes { bytes in
      Result { () throws(EngineError) in
        try compiler.compile(bytes, as: kind, parallel: parallel) { made in
          made.count <= ChildProtocol.largestSmallArtifact ? .success(.small(Array(made))) : write(made, to: artifact)
        }
      }
    }
    return try result.get()
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to artifact: borrowing Descriptor) -> Result<Output, SystemError>
  {
    Result { () throws(SystemError) in
      try artifact.write(all: bytes)
      return .file(size: bytes.count)
    }
  }
}
