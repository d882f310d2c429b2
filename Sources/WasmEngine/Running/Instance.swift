internal import CWasmtime

/// A module at work: its functions to call, with a memory of its own.
///
/// An instance belongs to one thread at a time. It runs in this process. The module may do only what WebAssembly and
/// ``WASISettings`` let it do, but it may run forever.
public final class Instance {
  private let module: Module
  private let store: Store
  private var instance = cwasmtime_instance_t()

  private var api: cwasmtime_running_t { store.api }

  /// Makes an instance, which runs the module's start function if it has one.
  ///
  /// - Parameters:
  ///   - module: the code to run; the instance keeps it alive.
  ///   - wasi: the program's arguments, environment and directories. Without it, the module can import nothing.
  /// - Throws: why the module could not be instantiated, or how its start function ended.
  public init(_ module: Module, wasi: WASISettings? = nil) throws(RunError) {
    self.module = module
    store = try Store(module.engine)
    guard let linker = api.linker_new(module.engine.handle) else {
      throw .cannotPrepare(message: "the engine made no linker")
    }
    defer { api.linker_delete(linker) }
    if let wasi {
      try store.set(wasi)
      try store.require(api.linker_define_wasi(linker))
    }
    var trap: OpaquePointer?
    let error = api.linker_instantiate(linker, store.context, module.handle, &instance, &trap)
    if let end = store.end(error, trap) { throw end.ofInstantiation }
  }

  /// The parameters and results of an exported function; nil if there is no function of this name.
  public func signature(of name: String) -> FunctionSignature? {
    guard var function = function(name) else { return nil }
    return signature(of: &function)
  }

  /// Calls an exported function of numbers.
  ///
  /// - Parameters:
  ///   - name: the export's name; a WASI program's is `_start`.
  ///   - arguments: one number for each parameter, of its type.
  /// - Returns: as many numbers as the function's signature says.
  /// - Throws: why the function could not be called, or how the module ended: ``RunError/trapped(_:)`` or
  ///   ``RunError/exited(status:)``.
  @discardableResult
  public func call(_ name: String, _ arguments: [WasmValue] = []) throws(RunError) -> [WasmValue] {
    guard var function = function(name) else { throw .noFunction(name) }
    let signature = signature(of: &function)
    let parameters = signature.parameters.compactMap(\.self)
    let results = signature.results.compactMap(\.self)
    guard parameters.count == signature.parameters.count, results.count == signature.results.count else {
      throw .notOnlyNumbers(function: name, signature)
    }
    // The engine does not check the types again.
    guard arguments.map(\.type) == parameters else { throw .wrongArguments(function: name, signature) }
    var values = arguments.map(\.raw)
    values += Array(repeating: cwasmtime_raw_t(), count: max(0, results.count - values.count))
    var trap: OpaquePointer?
    let error = api.func_call_unchecked(store.context, &function, &values, values.count, &trap)
    if let end = store.end(error, trap) { throw end }
    return zip(results, values).map { WasmValue($1, as: $0) }
  }

  private func function(_ name: String) -> cwasmtime_func_t? {
    var name = name
    var found = cwasmtime_extern_t()
    let exists = name.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        api.instance_export_get(store.context, &instance, $0.baseAddress, $0.count, &found)
      }
    }
    guard exists else { return nil }
    defer { api.extern_delete(&found) }
    return found.kind == UInt8(CWASMTIME_EXTERN_FUNC.rawValue) ? found.func : nil
  }

  private func signature(of function: inout cwasmtime_func_t) -> FunctionSignature {
    guard let type = api.func_type(store.context, &function) else {
      return FunctionSignature(parameters: [], results: [])
    }
    defer { api.functype_delete(type) }
    return FunctionSignature(type, api)
  }
}

extension WasmValue {
  fileprivate var raw: cwasmtime_raw_t {
    // The rest of the words is zero, as the engine itself leaves it.
    var raw = cwasmtime_raw_t()
    switch self {
    case .i32(let value): raw.words.0 = UInt64(UInt32(bitPattern: value))
    case .i64(let value): raw.words.0 = UInt64(bitPattern: value)
    case .f32(let value): raw.words.0 = UInt64(value.bitPattern)
    case .f64(let value): raw.words.0 = value.bitPattern
    }
    return raw
  }

  fileprivate init(_ raw: cwasmtime_raw_t, as type: NumberType) {
    switch type {
    case .i32: self = .i32(raw.i32)
    case .i64: self = .i64(raw.i64)
    case .f32: self = .f32(raw.f32)
    case .f64: self = .f64(raw.f64)
    }
  }
}
