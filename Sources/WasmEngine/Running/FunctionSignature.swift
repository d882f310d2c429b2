internal import CWasmtime

/// The parameters and results of a function. Types that are no numbers, such as vectors and references, are nil.
public struct FunctionSignature: Hashable, Sendable {
  public let parameters: [NumberType?]
  public let results: [NumberType?]

  /// Makes a signature, as to compare with.
  public init(parameters: [NumberType?], results: [NumberType?]) {
    self.parameters = parameters
    self.results = results
  }
}

extension FunctionSignature: CustomStringConvertible {
  /// `(i32, i64) -> f64`
  public var description: String {
    func list(_ types: [NumberType?]) -> String {
      types.map { $0?.rawValue ?? "another type" }.joined(separator: ", ")
    }
    return "(\(list(parameters))) -> \(results.count == 1 ? list(results) : "(\(list(results)))")"
  }
}

extension FunctionSignature {
  /// Reads an engine's description of a function.
  init(_ type: OpaquePointer, _ api: cwasmtime_running_t) {
    parameters = Self.numbers(api.functype_params(type), api)
    results = Self.numbers(api.functype_results(type), api)
  }

  private static func numbers(
    _ types: UnsafePointer<cwasmtime_types_t>?, _ api: cwasmtime_running_t
  ) -> [NumberType?] {
    guard let types = types?.pointee else { return [] }
    return UnsafeBufferPointer(start: types.data, count: types.size).map { $0.flatMap { number($0, api) } }
  }

  private static func number(_ type: OpaquePointer, _ api: cwasmtime_running_t) -> NumberType? {
    // The kind is asked for only where types cannot be compared: it aborts the process for some types.
    guard let equality = api.type_equality?.pointee else {
      let kind = api.valtype_kind(type)
      return NumberType.allCases.first { $0.code == kind }
    }
    return NumberType.allCases.first { candidate in
      guard let number = api.valtype_new(candidate.code) else { return false }
      defer { api.valtype_delete(number) }
      return equality.is_equal(type, number)
    }
  }
}

extension NumberType {
  fileprivate var code: UInt8 {
    switch self {
    case .i32: UInt8(CWASMTIME_I32.rawValue)
    case .i64: UInt8(CWASMTIME_I64.rawValue)
    case .f32: UInt8(CWASMTIME_F32.rawValue)
    case .f64: UInt8(CWASMTIME_F64.rawValue)
    }
  }
}
