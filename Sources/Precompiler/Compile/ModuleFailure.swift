internal import Confinement
package import LinuxIO
package import SystemPackage
package import WasmCache
package import WasmEngine

/// Why one module has no artifact; nothing else is affected.
package enum ModuleFailure: Error, Hashable, Sendable {
  case unreadable(reason: String)
  case vanished
  case notARegularFile(FileKind)
  case changedWhileRead
  case tooLarge(bytes: Int, limit: Int)
  case notWebAssembly(NotWebAssembly)
  /// The engine refused the module; its message on one line.
  case invalid(message: String)
  case unsupportedProposal(Proposal, by: EngineIdentity, message: String)
  case componentsUnsupported(by: EngineIdentity)
  case compilerCrashed(how: String, output: String?)
  case timedOut(seconds: Double)
  /// - Parameter bytes: what the limit allows.
  case exhausted(ChildLimit, bytes: Int)
  /// The kernel cannot confine the compiler as required.
  case unconfined(missing: [String])
  case compilerMisbehaved(what: String)
  case compilerNotStarted(reason: String)
  case cache(CacheError)

  init(_ failure: ChildFailure, by identity: EngineIdentity, timeout: Double, limits: ChildLimits) {
    switch failure {
    case .engine(.invalidModule(let message)):
      if let proposal = Proposal(namedIn: message) {
        self = .unsupportedProposal(proposal, by: identity, message: message)
      } else {
        self = .invalid(message: message)
      }
    case .engine(.componentsUnsupported): self = .componentsUnsupported(by: identity)
    case .engine(.cannotSerialize(let message)), .engine(.unsupportedSettings(let message)),
      .engine(.cannotLoad(let message)), .engine(.notWasmtime(let message)):
      self = .compilerMisbehaved(what: message)
    case .crashed(let how, let output): self = .compilerCrashed(how: how, output: output)
    case .timedOut: self = .timedOut(seconds: timeout)
    case .exhausted(.memory): self = .exhausted(.memory, bytes: limits.memory)
    case .exhausted(.artifact): self = .exhausted(.artifact, bytes: limits.file)
    case .unconfined(let missing): self = .unconfined(missing: missing)
    case .protocolViolation(let what): self = .compilerMisbehaved(what: what)
    case .cannotStart(let reason): self = .compilerNotStarted(reason: reason)
    case .cancelled: self = .compilerMisbehaved(what: "cancelled")
    }
  }
}

extension ModuleFailure: CustomStringConvertible {
  /// What failed, why, and the fix where there is one; without the module's path, which the caller prints in front.
  package var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .vanished: "vanished before it was read"
    case .notARegularFile(let kind): "is \(kind), not a regular file"
    case .changedWhileRead: "changed while it was being read: run again when its writer has finished"
    case .tooLarge(let bytes, let limit):
      "has \(bytes) bytes, more than --max-module \(ByteCount(limit)) allows: raise it"
    case .notWebAssembly(let reason): reason.description
    case .invalid(let message): "is not valid: \(message)"
    case .unsupportedProposal(let proposal, let identity, let message):
      "needs the WebAssembly proposal “\(proposal.rawValue)”, which \(identity.engineName) does not accept"
        + (identity.settings.backend == .winch ? " with winch; --backend cranelift may" : "") + ": \(message)"
    case .componentsUnsupported(let identity):
      "is a component, which \(identity.engineName) cannot compile through its C API: use release 36 or later with --engine"
    case .compilerCrashed(let how, let output):
      "crashed the compiler, which \(how)" + (output.map { ": \($0)" } ?? "")
    case .timedOut(let seconds):
      "was not compiled within \(seconds.formatted) s: raise --timeout, or try --backend winch"
    case .exhausted(.memory, let bytes):
      "needs more memory to compile than --max-memory \(ByteCount(bytes)) allows: raise it, or try --backend winch"
    case .exhausted(.artifact, let bytes):
      "makes an artifact larger than --max-artifact \(ByteCount(bytes)) allows: raise it"
    case .unconfined(let missing):
      "was not compiled: the kernel lacks or forbids \(missing.joined(separator: " and ")), which --require-sandbox asks for"
    case .compilerMisbehaved(let what): "the compiler's child process gave \(what)"
    case .compilerNotStarted(let reason): "the compiler's child process could not be started: \(reason)"
    case .cache(let error): "could not be stored: \(error)"
    }
  }

  /// Whether the cache is at fault, not the module.
  package var isStorageFailure: Bool {
    if case .cache = self { true } else { false }
  }
}

/// A file that gave no module.
package struct FailedFile: Error, Sendable {
  package let path: FilePath
  package let failure: ModuleFailure
}

extension EngineIdentity {
  /// The engine as messages name it: `wasmtime 50`.
  package var engineName: String { "wasmtime \(compatibility.version)" }
}

extension Double {
  /// Without a fraction where there is none.
  fileprivate var formatted: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
