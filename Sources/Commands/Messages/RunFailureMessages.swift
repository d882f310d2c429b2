internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

extension RunFailure {
  init(_ error: PrecompileError) {
    switch error {
    case .compilerUnusable(let error): self.init(error)
    case .backendUnavailable(let wish, let location, let reason):
      let lack =
        wish.options.isEmpty
        ? "has no backend \(wish.backend.rawValue)" : "cannot compile with \(wish.description.printable)"
      self.init(
        status: .engineUnavailable,
        message: """
          the engine \(location.path.printable) \(lack): \(reason.message.printable); `wasmprecompile engines` shows what \
          it has
          """)
    case .cache(let error): self.init(error)
    }
  }

  init(_ error: CacheError) {
    let place = error.path.map { "\($0.printable): " } ?? ""
    self.init(status: .cacheUnwritable, message: place + error.complaint.printable + error.options)
  }

  init(_ error: EngineSearchError) {
    switch error {
    case .notFound(let candidates):
      let places = candidates.map { "  \($0.path.printable) (\($0.origin.name))" }.joined(separator: "\n")
      self.init(
        status: .engineUnavailable,
        message: """
          no engine found, looked for
          \(places)
          an engine is the libwasmtime.so that your runtime uses; name it with --engine, or get one from PyPI:
          pip download --no-deps wasmtime==50.0.1 && python3 -m zipfile -e wasmtime-50.0.1-*.whl engine, then \
          --engine engine/wasmtime/linux-*/_libwasmtime.so
          """)
    case .unreadable(let location, let reason):
      self.init(
        status: .engineUnavailable,
        message: "the engine \(location.path.printable) (\(location.origin.name)) cannot be read: \(reason)")
    }
  }

  init(_ error: CompilerUnusable) {
    let message =
      switch error {
      case .unreadable(let location, let reason): "the engine \(location.path.printable) cannot be read: \(reason)"
      case .cannotLoad(let location, let reason):
        "the engine \(location.path.printable) cannot be loaded: \(reason.printable); name a libwasmtime.so with --engine"
      case .notWasmtime(let location, let function):
        "the engine \(location.path.printable) is not a libwasmtime: it has no function \(function.printable); name one with --engine"
      case .program(let name, let location, let reason):
        "the compiler \(name) (\(location.path.printable)) cannot be used: \(reason.printable); `wasmprecompile engines` shows what can"
      case .target(let target, let name, let reason):
        "--target \(target.printable): \(name) makes no code for it: it \(reason.printable)"
          + (TargetTriple.nearest(to: target).map { "; did you mean \($0)?" } ?? "")
      case .noBackend(let location): "the engine \(location.path.printable) offers no backend"
      case .unconfined(let missing):
        "compilers cannot be confined: the kernel lacks or forbids \(missing.joined(separator: " and ")), which --require-sandbox asks for"
      case .notStarted(let reason): "no compiler process could be started: \(reason.printable)"
      case .denied(let call):
        "no compiler process could be confined: \(call.printable): something denies it, such as a container's seccomp profile"
      case .protocolViolation(let what): "the compiler's process gave \(what.printable)"
      case .cancelled: "interrupted"
      }
    if case .target = error {
      self.init(status: .usage, message: message)
    } else {
      self.init(status: .engineUnavailable, message: message)
    }
  }
}

extension CacheError {
  /// The options that do what the message advises.
  fileprivate var options: String {
    switch self {
    case .notADirectory: " (--cache-dir)"
    case .foreignOwner(let path, _):
      " (" + (Environment.path("HOME") == path ? "HOME names it; " : "")
        + "--cache-dir or WASMPRECOMPILE_CACHE_DIR, --trust-cache or WASMPRECOMPILE_TRUST_CACHE=true)"
    case .writableByOthers: " (--trust-cache or WASMPRECOMPILE_TRUST_CACHE=true)"
    case .io(_, _, .readOnlyFileSystem): "; a cache that is only read can be used with --lower-cache"
    default: ""
    }
  }
}
