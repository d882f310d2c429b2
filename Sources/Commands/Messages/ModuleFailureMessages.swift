internal import Precompiler
internal import WasmCache
internal import WasmEngine

extension ModuleFailure {
  /// The message to a user: the failure, its reason, and the option that mends it; without the module's path.
  ///
  /// Targets below this one know no options, so ``description`` names none.
  var message: String { message(alternative: nil) }

  /// - Parameter alternative: a backend that does compile the module, as was tried.
  func message(alternative: Backend?) -> String {
    let orAnother = alternative.map { ", or try --backend \($0.rawValue)" } ?? ""
    switch self {
    case .tooLarge(let bytes, let limit):
      return "has \(bytes) bytes, more than --max-module \(ByteCount(limit)) allows: raise it"
    case .unsupportedProposal(let proposal, let identity, let message)
    where identity.wish.options.contains { $0.value == "false" }:
      return
        "needs the WebAssembly proposal “\(proposal.rawValue)”, which \(identity.compiler) does not accept as it is set up "
        + "(\(identity.wish)): \(message)"
    case .unsupportedProposal(let proposal, let identity, let message) where alternative != nil:
      return
        "needs the WebAssembly proposal “\(proposal.rawValue)”, which \(identity.compiler) does not accept with \(identity.backend.rawValue), "
        + "but with --backend \(alternative?.rawValue ?? ""): \(message)"
    case .componentsUnsupported: return "\(description): use release 36 or later with --engine"
    case .timedOut: return "\(description): raise --timeout\(orAnother)"
    case .exhausted(.memory, let bytes):
      return "needs more memory to compile than --max-memory \(ByteCount(bytes)) allows: raise it\(orAnother)"
    case .exhausted(.artifact, let bytes):
      return "makes an artifact larger than --max-artifact \(ByteCount(bytes)) allows: raise it"
    case .exhausted(.files, _):
      return "\(description): raise --max-artifact, twice of which it may write"
    case .unconfined: return "\(description), which --require-sandbox asks for"
    default: return description
    }
  }
}

extension BackendUnavailable {
  /// The message to a user, with the option that matters; without the backend's name.
  var message: String {
    switch self {
    case .exhausted: "it needs more memory than --max-memory allows"
    case .silentlyAnother, .crashes, .refused: description
    }
  }
}

extension EngineLocation.Origin {
  /// The rule by which a library was found, in the words of messages.
  var name: String {
    switch self {
    case .option: "--engine"
    case .environment: "WASMPRECOMPILE_ENGINE"
    case .configuration: "configuration file"
    case .installed: "installed beside wasmprecompile"
    case .system: "system library"
    }
  }
}
