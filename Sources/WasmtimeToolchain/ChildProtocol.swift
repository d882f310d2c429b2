internal import Confinement
internal import LinuxIO
internal import Precompiler
internal import WasmEngine

/// The messages between a lane and its compile child: one record a message over a sequenced-packet socket pair.
///
/// Each message begins with the question's number, see ``QuestionNumber``. Integers are little-endian. Both ends are the same executable, so there are no versions; but the child handles hostile
/// input, so the parent reads its answers as if they came from outside.
///
///     lane → child   prepare   1, threads u16, memory u64, largest artifact u64, number of settings u8, for each:
///                              backend u8, optimization u8, features u8, processor text, number of the configuration's
///                              entries u8, entries as texts; passes the engine library
///     child → lane   prepared  1, version of Landlock u8, seccomp u8, number of settings u8, for each: outcome, text (the
///                              compatibility record, or why not)
///     lane → child   compile   2, settings u8, threads u16, module kind u8, module size u64; passes module and artifact
///     child → lane   compiled  2, outcome, artifact size u64, compile time in ns u64, text
///     lane → child   compile   5, settings u8, threads u16, module kind u8, bytes (a small module); passes a file for an
///                              artifact that is not small
///     child → lane   compiled  5, compile time in ns u64, bytes (a small artifact, of a module that came in a message)
///     lane → child   load      3, settings u8, module kind u8, artifact size u64; passes the artifact
///     child → lane   loaded    3, whether u8, text (the engine's words if not)
///     child → lane   denied    4, text (the system call that was denied when it was to confine itself, and why)
///     (outcome: u8, 0 for success; bytes: length u32, that many; text: the same, none behind the outcomes of exhausted limits; the outcome of
///     a failed system call has the call and the reason for its text)
enum ChildProtocol {
  static let largestMessage = 1 << 16
  /// Bytes of the largest artifact that is answered in a message. The smallest artifact of release 50 has 13.6 KB.
  static let largestSmallArtifact = 48 << 10
  /// The descriptor under which a child finds its socket.
  static let socket: Int32 = 3
  /// The descriptor of a pipe that nothing is written to. It ends with the lane's process, and the child with it.
  static let lifeline: Int32 = 4
  /// The descriptor under which a child's dynamic linker finds the allocator, if there is one.
  static let allocator: Int32 = 5
}

enum ChildRequest: Equatable {
  case prepare(settings: [EngineSettings], threads: Int, limits: ChildLimits)
  case compile(settingsIndex: Int, threads: Int, kind: ModuleKind, size: Int)
  case compileSmall(settingsIndex: Int, threads: Int, kind: ModuleKind, module: [UInt8])
  case load(settingsIndex: Int, kind: ModuleKind, size: Int)
}

enum ChildReply: Equatable {
  case prepared([Result<CompatibilityRecord, EngineError>], Confinement)
  case compiled(size: Int, nanoseconds: UInt64)
  case compiledSmall(artifact: [UInt8], nanoseconds: UInt64)
  /// The engine's words if it refused.
  case loaded(refusal: String?)
  case failed(EngineError)
  case exhausted(CompilerLimit)
  /// The child could not confine itself: the call, and the kernel's reason. It ends.
  case denied(String)
  /// The child could not do its own part: the call, and the kernel's reason.
  case systemCallFailed(String)

  /// The outcome of a failed system call.
  fileprivate static let systemCallFailure: UInt8 = 130
}

extension CompilerLimit {
  /// The outcome that stands for this limit.
  fileprivate var code: UInt8 { self == .memory ? 128 : 129 }

  fileprivate init?(code: UInt8) {
    switch code {
    case 128: self = .memory
    case 129: self = .artifact
    default: return nil
    }
  }
}

extension ChildRequest {
  func encoded() -> [UInt8] {
    var message = MessageWriter()
    switch self {
    case .prepare(let settings, let threads, let limits):
      message.put(UInt8(1))
      message.put(UInt16(clamping: threads))
      message.put(UInt64(limits.memory))
      message.put(UInt64(limits.file))
      message.put(UInt8(clamping: settings.count))
      for one in settings { message.put(one) }
    case .compile(let settingsIndex, let threads, let kind, let size):
      message.put(UInt8(2))
      message.put(UInt8(clamping: settingsIndex))
      message.put(UInt16(clamping: threads))
      message.put(kind.rawValue)
      message.put(UInt64(size))
    case .compileSmall(let settingsIndex, let threads, let kind, let module):
      message.put(UInt8(5))
      message.put(UInt8(clamping: settingsIndex))
      message.put(UInt16(clamping: threads))
      message.put(kind.rawValue)
      message.put(module)
    case .load(let settingsIndex, let kind, let size):
      message.put(UInt8(3))
      message.put(UInt8(clamping: settingsIndex))
      message.put(kind.rawValue)
      message.put(UInt64(size))
    }
    return message.bytes
  }

  init?(_ bytes: some Collection<UInt8>) {
    var message = MessageReader(bytes)
    switch message.take(UInt8.self) {
    case 1:
      guard let threads = message.take(UInt16.self), let memory = message.takeSize(), let file = message.takeSize(),
        let count = message.take(UInt8.self)
      else { return nil }
      var settings: [EngineSettings] = []
      for _ in 0..<count {
        guard let one = message.takeSettings() else { return nil }
        settings.append(one)
      }
      self = .prepare(
        settings: settings, threads: Int(threads), limits: ChildLimits(memory: memory, file: file))
    case 2:
      guard let index = message.take(UInt8.self), let threads = message.take(UInt16.self),
        let kind = message.take(UInt8.self).flatMap(ModuleKind.init(rawValue:)), let size = message.takeSize()
      else { return nil }
      self = .compile(settingsIndex: Int(index), threads: Int(threads), kind: kind, size: size)
    case 3:
      guard let index = message.take(UInt8.self),
        let kind = message.take(UInt8.self).flatMap(ModuleKind.init(rawValue:)),
        let size = message.takeSize()
      else { return nil }
      self = .load(settingsIndex: Int(index), kind: kind, size: size)
    case 5:
      guard let index = message.take(UInt8.self), let threads = message.take(UInt16.self),
        let kind = message.take(UInt8.self).flatMap(ModuleKind.init(rawValue:)),
        let module = message.takeBytes(atMost: ModuleContents.largestSmall)
      else { return nil }
      self = .compileSmall(settingsIndex: Int(index), threads: Int(threads), kind: kind, module: module)
    default: return nil
    }
    guard message.isAtEnd else { return nil }
  }
}

extension ChildReply {
  func encoded() -> [UInt8] {
    var message = MessageWriter()
    switch self {
    case .prepared(let results, let confinement):
      message.put(UInt8(1))
      message.put(confinement.landlock)
      message.put(UInt8(confinement.filtersSystemCalls ? 1 : 0))
      message.put(UInt8(clamping: results.count))
      for result in results {
        switch result {
        case .success(let record):
          message.put(UInt8(0))
          message.put(text: record.bytes)
        case .failure(let error):
          message.put(error)
        }
      }
    case .compiled(let size, let nanoseconds):
      message.put(UInt8(2))
      message.put(UInt8(0))
      message.put(UInt64(size))
      message.put(nanoseconds)
    case .compiledSmall(let artifact, let nanoseconds):
      message.put(UInt8(5))
      message.put(nanoseconds)
      message.put(artifact)
    case .loaded(let refusal):
      message.put(UInt8(3))
      message.put(UInt8(refusal == nil ? 1 : 0))
      message.put(text: (refusal ?? "").utf8)
    case .denied(let call):
      message.put(UInt8(4))
      message.put(text: call.utf8)
    case .failed(let error):
      message.put(UInt8(2))
      message.put(error)
    case .exhausted(let limit):
      message.put(UInt8(2))
      message.put(limit.code)
    case .systemCallFailed(let reason):
      message.put(UInt8(2))
      message.put(Self.systemCallFailure)
      message.put(text: reason.utf8)
    }
    return message.bytes
  }

  init?(_ bytes: some Collection<UInt8>) {
    var message = MessageReader(bytes)
    switch message.take(UInt8.self) {
    case 1:
      guard let landlock = message.take(UInt8.self), let filters = message.take(UInt8.self),
        let count = message.take(UInt8.self)
      else { return nil }
      var results: [Result<CompatibilityRecord, EngineError>] = []
      for _ in 0..<count {
        guard let outcome = message.take(UInt8.self), let text = message.takeText() else { return nil }
        if outcome == 0 {
          results.append(.success(CompatibilityRecord(bytes: text)))
        } else {
          guard let error = EngineError(code: outcome, text: text) else { return nil }
          results.append(.failure(error))
        }
      }
      self = .prepared(results, Confinement(landlock: landlock, filtersSystemCalls: filters != 0))
    case 2:
      guard let outcome = message.take(UInt8.self) else { return nil }
      if outcome == 0 {
        guard let size = message.takeSize(), let nanoseconds = message.take(UInt64.self) else { return nil }
        self = .compiled(size: size, nanoseconds: nanoseconds)
      } else if let limit = CompilerLimit(code: outcome) {
        self = .exhausted(limit)
      } else if outcome == Self.systemCallFailure {
        guard let text = message.takeText() else { return nil }
        self = .systemCallFailed(String(decoding: text, as: UTF8.self))
      } else {
        guard let text = message.takeText(), let error = EngineError(code: outcome, text: text) else { return nil }
        self = .failed(error)
      }
    case 3:
      guard let loads = message.take(UInt8.self), loads <= 1, let text = message.takeText(), loads == 0 || text.isEmpty
      else { return nil }
      self = .loaded(refusal: loads == 1 ? nil : String(decoding: text, as: UTF8.self))
    case 4:
      guard let text = message.takeText() else { return nil }
      self = .denied(String(decoding: text, as: UTF8.self))
    case 5:
      guard let nanoseconds = message.take(UInt64.self),
        let artifact = message.takeBytes(atMost: ChildProtocol.largestSmallArtifact)
      else { return nil }
      self = .compiledSmall(artifact: artifact, nanoseconds: nanoseconds)
    default: return nil
    }
    guard message.isAtEnd else { return nil }
  }
}

extension EngineError {
  fileprivate init?(code: UInt8, text bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    switch code {
    case 1: self = .cannotLoad(reason: text)
    case 2: self = .notWasmtime(missingFunction: text)
    case 3: self = .unsupportedSettings(reason: text)
    case 4: self = .componentsUnsupported
    case 5: self = .invalidModule(message: text)
    case 6: self = .cannotSerialize(message: text)
    case 7: self = .wrongKind(.coreModule)
    case 8: self = .wrongKind(.component)
    default: return nil
    }
  }

  fileprivate var coded: (code: UInt8, text: String) {
    switch self {
    case .cannotLoad(let text): (1, text)
    case .notWasmtime(let text): (2, text)
    case .unsupportedSettings(let text): (3, text)
    case .componentsUnsupported: (4, "")
    case .invalidModule(let text): (5, text)
    case .cannotSerialize(let text): (6, text)
    case .wrongKind(.coreModule): (7, "")
    case .wrongKind(.component): (8, "")
    }
  }
}

extension MessageWriter {
  fileprivate mutating func put(_ error: EngineError) {
    let (code, text) = error.coded
    put(code)
    put(text: text.utf8)
  }

  fileprivate mutating func put(_ settings: EngineSettings) {
    put(code: settings.backend, of: Backend.libwasmtime)
    put(code: settings.optimization, of: OptimizationLevel.allCases)
    put(code: settings.features, of: FeaturePolicy.allCases)
    put(text: settings.cpu.description.utf8)
    let entries = settings.configuration.texts
    put(UInt8(clamping: entries.count))
    for entry in entries { put(text: entry.utf8) }
  }
}

extension MessageReader {
  fileprivate mutating func takeSettings() -> EngineSettings? {
    guard let backend = takeCode(of: Backend.libwasmtime), let optimization = takeCode(of: OptimizationLevel.allCases),
      let features = takeCode(of: FeaturePolicy.allCases), let processor = takeText(),
      let cpu = CPUTarget(String(decoding: processor, as: UTF8.self)), let count = take(UInt8.self)
    else { return nil }
    var entries: [String] = []
    for _ in 0..<count {
      guard let entry = takeText() else { return nil }
      entries.append(String(decoding: entry, as: UTF8.self))
    }
    guard let configuration = try? EngineConfiguration(entries) else { return nil }
    return EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features, configuration: configuration)
  }
}
