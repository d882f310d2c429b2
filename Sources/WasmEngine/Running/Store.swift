internal import CWasmtime

/// What an instance lives in: its memories, and the part of the world that it is given.
///
/// It does not outlive what it was made for: the owner also keeps the module or the component.
final class Store {
  /// The library's own, valid as long as this lives.
  let context: OpaquePointer
  let engine: Engine
  private let store: OpaquePointer
  private let running: UnsafePointer<cwasmtime_running_t>

  var api: cwasmtime_running_t { running.pointee }

  init(_ engine: Engine) throws(RunError) {
    let table = engine.library.api.table
    guard let running = table.running else {
      throw .engineCannotRun(missingFunction: table.cannot_run_without.map { String(cString: $0) } ?? "unknown")
    }
    guard let store = running.pointee.store_new(engine.handle, nil, nil) else {
      throw .cannotPrepare(message: "the engine made no store")
    }
    guard let context = running.pointee.store_context(store) else {
      running.pointee.store_delete(store)
      throw .cannotPrepare(message: "the engine made no store")
    }
    self.engine = engine
    self.store = store
    self.context = context
    self.running = running
    cwasmtime_context_set_boundless(engine.library.api.pointer, context)
  }

  deinit { api.store_delete(store) }

  /// Gives what runs in the store a part of the world.
  func set(_ wasi: WASISettings) throws(RunError) {
    let release = wasi.directories.isEmpty ? nil : (try? engine.compatibilityRecord())?.release
    // This call consumes the configuration.
    try require(api.context_set_wasi(context, try wasi.configuration(api, release: release)))
  }

  /// Takes over an error of a preparation.
  func require(_ error: OpaquePointer?) throws(RunError) {
    if let message = engine.library.message(taking: error) { throw .cannotPrepare(message: message.singleLine) }
  }

  /// Takes over the error or the trap that a call ended with; nil if it returned.
  func end(_ error: OpaquePointer?, _ trap: OpaquePointer? = nil) -> RunError? {
    let library = engine.library
    if let trap {
      defer { api.trap_delete(trap) }
      var bytes = cwasmtime_bytes_t()
      api.trap_message(trap, &bytes)
      defer { library.api.table.bytes_delete(&bytes) }
      let text = UnsafeRawBufferPointer(start: bytes.data, count: bytes.size).prefix { $0 != 0 }
      return .trapped(Trap(message: String(decoding: text, as: UTF8.self)))
    }
    guard let error else { return nil }
    var status: Int32 = 0
    let isExit = api.error_exit_status(error, &status)
    let message = library.message(taking: error) ?? ""
    return isExit ? .exited(status: status) : .trapped(Trap(message: message))
  }
}

extension RunError {
  /// The same as the end of an instantiation: without a backtrace, no code was running yet.
  var ofInstantiation: RunError {
    if case .trapped(let trap) = self, trap.backtrace.isEmpty { return .cannotInstantiate(message: trap.reason) }
    return self
  }
}
