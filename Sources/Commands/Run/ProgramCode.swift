internal import WasmCache
internal import WasmEngine

/// What `run` runs.
enum ProgramCode {
  case module(Module)
  case component(Component)

  /// Loads an artifact from a cache.
  init(_ kind: ModuleKind, _ artifact: Artifact, with engine: Engine) throws(CacheError) {
    switch kind {
    case .coreModule: self = .module(try artifact.load(with: engine))
    case .component: self = .component(try artifact.load(with: engine))
    }
  }

  /// Loads an artifact that was compiled just now.
  init(_ kind: ModuleKind, _ artifact: [UInt8], with engine: Engine) throws(ArtifactError) {
    switch kind {
    case .coreModule: self = .module(try Module(artifact: artifact, with: engine))
    case .component: self = .component(try Component(artifact: artifact, with: engine))
    }
  }

  /// The version of WASI that it is given.
  var wasi: String {
    switch self {
    case .module: "WASI preview 1"
    case .component: "WASI preview 2"
    }
  }

  /// What is wrong if there is no such function to call.
  func complaint(without function: String) -> String {
    switch self {
    case .module(let module):
      function == "_start"
        ? "is not a program: it exports no function _start; --invoke calls \(module.offer)"
        : "exports no function \(function): --invoke calls \(module.offer)"
    case .component:
      function == ComponentInstance.entry
        ? "is not a program: it exports no \(function); `wasmprecompile inspect` shows what it does export"
        : "exports no function \(function): `wasmprecompile inspect` shows what it does export"
    }
  }
}

extension Module {
  /// The functions that could be called.
  fileprivate var offer: String {
    let names = exports.filter { $0.kind == .function }.map(\.name)
    return names.isEmpty ? "functions, and it exports none" : "one of " + names.joined(separator: ", ")
  }
}
