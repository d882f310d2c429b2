internal import CWasmtime

/// A component at work.
///
/// An instance belongs to one thread at a time. It runs in this process. The component may do only what WebAssembly and
/// ``WASISettings`` let it do, but it may run forever.
public final class ComponentInstance {
  private let component: Component
  private let store: Store
  private let running: UnsafePointer<cwasmtime_component_running_t>
  private var instance = cwasmtime_component_instance_t()

  private var api: cwasmtime_component_running_t { running.pointee }

  /// Makes an instance.
  ///
  /// - Parameters:
  ///   - component: the code to run; the instance keeps it alive.
  ///   - wasi: the program's arguments, environment and directories. Without it, the component can import nothing.
  /// - Throws: ``RunError/engineCannotRunComponents(missingFunction:since:)``, why the component could not be
  ///   instantiated, or how a start function in it ended.
  public init(_ component: Component, wasi: WASISettings? = nil) throws(RunError) {
    let table = component.engine.library.api.table
    guard let running = table.component_running else {
      let missing = table.cannot_run_components_without.map { String(cString: $0) } ?? "unknown"
      throw .engineCannotRunComponents(missingFunction: missing, since: 35)
    }
    self.component = component
    self.running = running
    store = try Store(component.engine)
    guard let linker = api.linker_new(component.engine.handle) else {
      throw .cannotPrepare(message: "the engine made no linker")
    }
    defer { api.linker_delete(linker) }
    if let wasi {
      if let wasip2 = api.wasip2 {
        wasip2.pointee.context_set(store.context, try wasi.configuration(wasip2.pointee))
      } else {
        try store.set(wasi)
      }
      try store.require(api.linker_add_wasip2(linker))
    }
    let error = api.linker_instantiate(linker, store.context, component.handle, &instance)
    if let end = store.end(error) { throw end.ofInstantiation }
  }

  /// The interface that every command of WASI preview 2 exports. The engine finds any version that is compatible with it.
  private static let command = "wasi:cli/run@0.2.0"

  /// The name of a command's function, for ``call(_:_:)`` and in ``RunError/noFunction(_:)``.
  public static let entry = command + "#run"

  /// Runs a command: the function `run` of the interface `wasi:cli/run`, at a version of WASI preview 2.
  ///
  /// - Throws: ``RunError/noFunction(_:)`` if the component is no command, or how it ended: ``RunError/trapped(_:)`` or
  ///   ``RunError/exited(status:)``. A command that says that it failed, and not how, exited with 1.
  public func run() throws(RunError) {
    guard var function = function("run", in: Self.command) else { throw .noFunction(Self.entry) }
    let result = try call(&function, [], hasResult: true)
    let isResult = result.kind == UInt8(CWASMTIME_COMPONENT_RESULT.rawValue)
    if isResult && !result.of.result_is_ok { throw .exited(status: 1) }
  }

  /// The parameters and the result of an exported function; nil if there is no function of this name.
  ///
  /// - Throws: ``RunError/engineCannotRunComponents(missingFunction:since:)``; releases before 39 do not tell.
  public func signature(of name: String) throws(RunError) -> ComponentSignature? {
    guard var function = function(name) else { return nil }
    return try signature(of: &function)
  }

  /// Calls an exported function of plain values.
  ///
  /// - Parameters:
  ///   - name: the export's name, or `INTERFACE#FUNCTION` for a function of an interface that is exported.
  ///   - arguments: one value for each parameter, of its type.
  /// - Returns: the function's result; nil if it has none.
  /// - Throws: why the function could not be called, or how the component ended: ``RunError/trapped(_:)`` or
  ///   ``RunError/exited(status:)``.
  @discardableResult
  public func call(_ name: String, _ arguments: [ComponentValue] = []) throws(RunError) -> ComponentValue? {
    guard var function = function(name) else { throw .noFunction(name) }
    let signature = try signature(of: &function)
    guard !signature.parameters.contains(nil), !signature.results.contains(nil) else {
      throw .notOnlyPlainValues(function: name, signature)
    }
    guard arguments.map(\.kind) == signature.parameters else {
      throw .wrongComponentArguments(function: name, signature)
    }
    let hasResult = !signature.results.isEmpty
    let result = try call(&function, arguments.map(\.raw), hasResult: hasResult)
    return hasResult ? ComponentValue(result) : nil
  }

  private func signature(of function: inout cwasmtime_component_func_t) throws(RunError) -> ComponentSignature {
    guard let types = api.types?.pointee, let type = types.func_type(&function, store.context) else {
      throw .engineCannotRunComponents(missingFunction: "wasmtime_component_func_type", since: 39)
    }
    defer { types.func_type_delete(type) }
    return ComponentSignature(type, types)
  }

  private func function(_ name: String) -> cwasmtime_component_func_t? {
    guard let separator = name.lastIndex(of: "#") else { return function(name, in: nil) }
    return function(String(name[name.index(after: separator)...]), in: String(name[..<separator]))
  }

  /// - Parameter interface: the exported instance that has the function; nil if the component itself exports it.
  private func function(_ name: String, in interface: String?) -> cwasmtime_component_func_t? {
    var parent: OpaquePointer?
    defer { if let parent { api.export_index_delete(parent) } }
    if let interface {
      parent = index(of: interface, in: nil)
      if parent == nil { return nil }
    }
    guard let index = index(of: name, in: parent) else { return nil }
    defer { api.export_index_delete(index) }
    var function = cwasmtime_component_func_t()
    return api.instance_get_func(&instance, store.context, index, &function) ? function : nil
  }

  private func index(of name: String, in parent: OpaquePointer?) -> OpaquePointer? {
    var name = name
    return name.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        api.instance_get_export_index(&instance, store.context, parent, $0.baseAddress, $0.count)
      }
    }
  }

  /// Calls a function. The engine checks the number and the types of what it is given.
  ///
  /// - Returns: the result, of which only plain values may be used.
  private func call(
    _ function: inout cwasmtime_component_func_t, _ arguments: [cwasmtime_component_value_t], hasResult: Bool
  ) throws(RunError) -> cwasmtime_component_value_t {
    var result = cwasmtime_component_value_t()
    let error = api.func_call(
      &function, store.context, arguments, arguments.count, &result, hasResult ? 1 : 0)
    if let end = store.end(error) { throw end }
    let value = result
    api.value_delete(&result)
    if let end = store.end(api.func_post_return(&function, store.context)) { throw end }
    return value
  }
}
