internal import CWasmtime
internal import SystemPackage

extension WASISettings {
  /// Makes the engine's own form of the settings, a `wasi_config_t *` that the caller owns.
  ///
  /// - Parameter release: the engine's major version, if it is known.
  func configuration(_ api: cwasmtime_running_t, release: Int?) throws(RunError) -> OpaquePointer {
    guard let configuration = api.wasi_new() else { throw .cannotPrepare(message: "the engine made no configuration") }
    do throws(RunError) {
      try setArguments(of: configuration, api)
      try setEnvironment(of: configuration, api)
      for directory in directories { try open(directory, in: configuration, api, release) }
    } catch {
      api.wasi_delete(configuration)
      throw error
    }
    api.wasi_inherit_stdin(configuration)
    api.wasi_inherit_stdout(configuration)
    api.wasi_inherit_stderr(configuration)
    return configuration
  }

  /// Makes the form that releases before 39 have for components, a `wasmtime_wasip2_config_t *` that the caller owns.
  func configuration(_ api: cwasmtime_wasip2_t) throws(RunError) -> OpaquePointer {
    guard environment.isEmpty, directories.isEmpty else { throw .componentsGetOnlyArguments }
    if let bad = arguments.first(where: { !$0.isCarriable }) { throw .notText(bad) }
    guard let configuration = api.config_new() else {
      throw .cannotPrepare(message: "the engine made no configuration")
    }
    for var argument in arguments {
      argument.withUTF8 { text in
        text.withMemoryRebound(to: CChar.self) { api.config_arg(configuration, $0.baseAddress, $0.count) }
      }
    }
    api.config_inherit_stdin(configuration)
    api.config_inherit_stdout(configuration)
    api.config_inherit_stderr(configuration)
    return configuration
  }

  private func setArguments(of configuration: OpaquePointer, _ api: cwasmtime_running_t) throws(RunError) {
    if let bad = arguments.first(where: { !$0.isCarriable }) { throw .notText(bad) }
    let isSet = withCTexts(arguments) { api.wasi_set_argv(configuration, arguments.count, $0) }
    if !isSet { throw .cannotPrepare(message: "the engine does not take the program's arguments") }
  }

  private func setEnvironment(of configuration: OpaquePointer, _ api: cwasmtime_running_t) throws(RunError) {
    for variable in environment {
      for text in [variable.name, variable.value] where !text.isCarriable { throw .notText(text) }
    }
    let isSet = withCTexts(environment.map(\.name)) { names in
      withCTexts(environment.map(\.value)) { values in
        api.wasi_set_env(configuration, environment.count, names, values)
      }
    }
    if !isSet { throw .cannotPrepare(message: "the engine does not take the program's environment") }
  }

  private func open(
    _ directory: Directory, in configuration: OpaquePointer, _ api: cwasmtime_running_t, _ release: Int?
  ) throws(RunError) {
    guard directory.guest.isCarriable else { throw .notText(directory.guest) }
    let permissions = (release ?? .max) < 48 ? Int(CWASMTIME_PERMIT_ALL.rawValue) : 1
    let isOpen = directory.host.withPlatformString { host in
      directory.guest.withCString { guest in
        api.wasi_preopen_dir(configuration, host, guest, permissions, permissions)
      }
    }
    if !isOpen { throw .directoryUnusable(directory.host) }
  }
}

extension String {
  /// Whether C can carry the whole text.
  fileprivate var isCarriable: Bool { !utf8.contains(0) }
}

/// Gives an array of C strings to `body`.
private func withCTexts<Result>(
  _ texts: [String], body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
  // All texts lie in one block, each behind the other, so that one pointer keeps them alive.
  var bytes: [CChar] = []
  var starts: [Int] = []
  for text in texts {
    starts.append(bytes.count)
    bytes += text.utf8CString
  }
  return bytes.withUnsafeBufferPointer { block in
    let pointers = starts.map { start in block.baseAddress.map { $0 + start } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
