internal import Confinement
package import Precompiler
internal import WasmCache
package import WasmEngine

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
    case .exhausted(.artifact), .exhausted(.files): self = .exhausted(.artifact, bytes: limits.file)
    case .unconfined(let missing): self = .unconfined(missing: missing)
    case .denied(let call): self = .compilerNotStarted(reason: "it cannot be confined: \(call)")
    case .protocolViolation(let what): self = .compilerMisbehaved(what: what)
    case .systemCallFailed(let reason): self = .compilerFailed(reason: reason)
    case .cannotStart(let reason): self = .compilerNotStarted(reason: reason)
    case .cancelled: self = .cancelled
    }
  }
}
