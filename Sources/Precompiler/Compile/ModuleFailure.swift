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
  case unsupportedProposal(Proposal, by: ArtifactIdentity, message: String)
  case componentsUnsupported(by: ArtifactIdentity)
  case compilerCrashed(how: String, output: String?)
  case timedOut(seconds: Double)
  /// - Parameter bytes: what the limit allows.
  case exhausted(CompilerLimit, bytes: Int)
  /// The kernel cannot confine the compiler as required.
  case unconfined(missing: [String])
  /// The module was compiled, and the engine could not write the artifact; its message on one line.
  case notSerialized(message: String)
  /// The engine cannot compile at all, though it said that it could.
  case engineUnusable(EngineError)
  /// - Parameter what: what the child gave instead of an artifact, as it follows "gave".
  case compilerMisbehaved(what: String)
  /// A system call of the compiler's child process failed.
  case compilerFailed(reason: String)
  case compilerNotStarted(reason: String)
  /// A program that compiles ended without an artifact.
  ///
  /// - Parameters:
  ///   - name: the program's.
  ///   - how: as it follows the name.
  case programFailed(_ name: String, how: String, CompilerWords?)
  /// A compiler that is a program is known not to take such modules: `components`.
  case refusedByProgram(_ name: String, what: String)
  /// Files of a compiler that is a program were replaced in the middle of the run.
  case programReplaced(_ name: String)
  case cache(CacheError)
  case cancelled
}

extension ModuleFailure {
  /// An engine would not load the compiler's output, so it is no artifact of the engine's, whatever the compiler says.
  static let foreignArtifact = ModuleFailure.compilerMisbehaved(what: "an artifact that is not its engine's")
}

extension ModuleFailure: CustomStringConvertible {
  /// The failure and its reason, without the module's path, which the caller prints in front.
  package var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .vanished: "vanished before it was read"
    case .notARegularFile(let kind): "is \(kind), not a regular file"
    case .changedWhileRead: "changed while it was being read: run again when its writer has finished"
    case .tooLarge(let bytes, let limit):
      "has \(bytes) bytes, more than the \(ByteCount(limit)) that are allowed"
    case .notWebAssembly(let reason): reason.description
    case .invalid(let message):
      EngineBound.isNamed(in: message) ? "goes beyond a limit of the engine: \(message)" : "is not valid: \(message)"
    case .unsupportedProposal(let proposal, let identity, let message):
      "needs the WebAssembly proposal “\(proposal.rawValue)”, which \(identity.compiler) does not accept"
        + (identity.backend == .cranelift ? "" : " with \(identity.backend.rawValue)") + ": \(message)"
    case .componentsUnsupported(let identity):
      "is a component, which \(identity.compiler) cannot compile through its C API"
    case .compilerCrashed(let how, let output):
      "crashed the compiler, which \(how)" + (output.map { ": \($0)" } ?? "")
    case .timedOut(let seconds): "was not compiled within \(seconds.formatted) s"
    case .exhausted(.memory, let bytes):
      "needs more memory to compile than the \(ByteCount(bytes)) that are allowed"
    case .exhausted(.artifact, let bytes): "makes an artifact larger than the \(ByteCount(bytes)) that are allowed"
    case .exhausted(.files, let bytes):
      "makes its compiler write more than the \(ByteCount(bytes)) that are allowed on the way"
    case .unconfined(let missing):
      "was not compiled: the kernel lacks or forbids \(missing.joined(separator: " and "))"
    case .notSerialized(let message): "was compiled, but the engine could not write the artifact: \(message)"
    case .engineUnusable(let error): "was not compiled: \(error)"
    case .compilerMisbehaved(let what): "was not compiled: the compiler's child process gave \(what)"
    case .compilerFailed(let reason):
      "was not compiled: a system call of the compiler's child process failed: \(reason)"
    case .compilerNotStarted(let reason): "the compiler's child process could not be started: \(reason)"
    case .programFailed(let name, let how, let words):
      "was not compiled: \(name) \(how)" + (words.map { ": \($0.brief)" } ?? "")
    case .refusedByProgram(let name, let what): "was not compiled: \(name) takes no \(what)"
    case .programReplaced(let name): "was not compiled: \(name) was replaced meanwhile: run again"
    case .cache(let error): "could not be stored: \(error)"
    case .cancelled: "was not compiled: the run was interrupted"
    }
  }

  /// Whether the same module can be made when something else is mended: the cache, the compiler, a permission.
  package var liesOutside: Bool {
    switch self {
    case .unreadable, .vanished, .changedWhileRead, .engineUnusable, .compilerMisbehaved, .compilerFailed,
      .compilerNotStarted, .programReplaced, .cache, .cancelled:
      true
    case .notARegularFile, .tooLarge, .notWebAssembly, .invalid, .unsupportedProposal, .componentsUnsupported,
      .compilerCrashed, .timedOut, .exhausted, .unconfined, .notSerialized, .programFailed, .refusedByProgram:
      false
    }
  }

  /// The backend that may compile what another one could not: winch where time or memory were short, because it takes less
  /// of both; cranelift where something is not known, because it knows more of WebAssembly.
  func backendWorthTrying(insteadOf backend: Backend) -> Backend? {
    switch self {
    case .timedOut, .exhausted(.memory, _): backend == .winch ? nil : .winch
    case .unsupportedProposal: backend == .cranelift ? nil : .cranelift
    default: nil
    }
  }

  /// Whether the compiler ended because the system granted it no more threads, as Rust's thread pools say it.
  var isLackOfThreads: Bool {
    if case .compilerCrashed(_, let words?) = self { words.contains("ThreadPoolBuildError") } else { false }
  }

  /// All that a program said before it failed; nil if it said nothing.
  package var words: CompilerWords? { if case .programFailed(_, _, let words) = self { words } else { nil } }

  /// Whether the cache is at fault, not the module.
  package var isStorageFailure: Bool {
    if case .cache = self { true } else { false }
  }
}

/// A resource that a compiler lacks for a module.
package enum CompilerLimit: Hashable, Sendable {
  case memory, artifact
  /// The files that a program writes on the way to an artifact.
  case files
}

/// A file that gave no module.
package struct FailedFile: Error, Sendable {
  package let path: FilePath
  package let failure: ModuleFailure
}

extension Double {
  /// The number, without a fraction where there is none.
  fileprivate var formatted: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
