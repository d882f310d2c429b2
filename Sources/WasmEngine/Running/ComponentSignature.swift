internal import CWasmtime

/// The parameters and the result of a component's function. Types that are not plain, such as strings, are nil.
public struct ComponentSignature: Hashable, Sendable {
  public let parameters: [ComponentValue.Kind?]
  /// One type, or none.
  public let results: [ComponentValue.Kind?]

  /// Makes a signature, as to compare with.
  public init(parameters: [ComponentValue.Kind?], results: [ComponentValue.Kind?]) {
    self.parameters = parameters
    self.results = results
  }
}

extension ComponentSignature: CustomStringConvertible {
  /// `(s32, u64) -> f64`
  public var description: String {
    func list(_ types: [ComponentValue.Kind?]) -> String {
      types.map { $0?.rawValue ?? "another type" }.joined(separator: ", ")
    }
    return "(\(list(parameters))) -> \(results.isEmpty ? "()" : list(results))"
  }
}

extension ComponentSignature {
  /// Reads an engine's description of a function.
  init(_ function: OpaquePointer, _ api: cwasmtime_component_types_t) {
    var parameters: [ComponentValue.Kind?] = []
    for index in 0..<api.param_count(function) {
      var name: UnsafePointer<CChar>?
      var size = 0
      var type = cwasmtime_component_type_t()
      guard api.param_nth(function, index, &name, &size, &type) else { break }
      parameters.append(ComponentValue.Kind(taking: &type, api))
    }
    var type = cwasmtime_component_type_t()
    self.parameters = parameters
    results = api.result(function, &type) ? [ComponentValue.Kind(taking: &type, api)] : []
  }
}

extension ComponentValue.Kind {
  /// - Returns: nil for a type that is not plain.
  fileprivate init?(taking type: inout cwasmtime_component_type_t, _ api: cwasmtime_component_types_t) {
    let code = type.kind
    api.type_delete(&type)
    guard let kind = Self.allCases.first(where: { $0.typeCode == code }) else { return nil }
    self = kind
  }
}
