internal import CWasmtime
internal import SystemPackage

extension EngineLibrary {
  /// Makes what the engine calls the settings; the caller owns it.
  ///
  /// - Parameter release: the engine's major version, if it is known.
  func wasiConfiguration(_ settings: WASISettings, release: Int?) throws(RunError) -> OpaquePointer {
    let api = api.table
    guard let configuration = api.wasi_new() else { throw .cannotPrepare(message: "the engine made no configuration") }
    do throws(RunError) {
      try set(settings.arguments, of: configuration)
      try set(settings.environment, of: configuration)
      for directory in settings.directories { try open(directory, in: configuration, release) }
    } catch {
      api.wasi_delete(configuration)
      throw error
    }
    api.wasi_inherit_stdin(configuration)
    api.wasi_inherit_stdout(configuration)
    api.wasi_inherit_stderr(configuration)
    return configuration
  }

  private func set(_ arguments: [String], of configuration: OpaquePointer) throws(RunError) {
    if let bad = arguments.first(where: { !$0.isCarriable }) { throw .notText(bad) }
    let isSet = withCTexts(arguments) { api.table.wasi_set_argv(configuration, arguments.count, $0) }
    if !isSet { throw .cannotPrepare(message: "the engine does not take the program's arguments") }
  }

  private func set(_ environment: [WASISettings.Variable], of configuration: OpaquePointer) throws(RunError) {
    for variable in environment {
      for text in [variable.name, variable.value] where !text.isCarriable { throw .notText(text) }
    }
    let isSet = withCTexts(environment.map(\.name)) { names in
      withCTexts(environment.map(\.value)) { values in
        api.table.wasi_set_env(configuration, environment.count, names, values)
      }
    }
    if !isSet { throw .cannotPrepare(message: "the engine does not take the program's environment") }
  }

  private func open(
    _ directory: WASISettings.Directory, in configuration: OpaquePointer, _ release: Int?
  ) throws(RunError) {
    guard directory.guest.isCarriable else { throw .notText(directory.guest) }
    let permissions = (release ?? .max) < 48 ? Int(CWASMTIME_PERMIT_ALL.rawValue) : 1
    let isOpen = directory.host.withPlatformString { host in
      directory.guest.withCString { guest in
        api.table.wasi_preopen_dir(configuration, host, guest, permissions, permissions)
      }
    }
    if !isOpen { throw .directoryUnusable(directory.host) }
  }
}

extension String {
  /// Whether C can have it whole.
  fileprivate var isCarriable: Bool { !utf8.contains(0) }
}

/// Gives an array of C strings to `body`.
private func withCTexts<Result>(
  _ texts: [String], body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
  // All in one block, each behind the other, so that one pointer keeps them alive.
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
