internal import SystemPackage
internal import WasmEngine

/// A call of a function of a module or a component with arguments that were typed.
struct Invocation {
  let function: String
  /// The arguments as the parser carries them.
  let arguments: [String]
  /// The module's path, for messages.
  let path: FilePath

  /// Calls the function.
  ///
  /// - Returns: its results, a line each.
  func run(in instance: Instance) throws -> String {
    guard let signature = instance.signature(of: function) else { throw RunError.noFunction(function) }
    let values = try read(arguments, for: signature)
    // A module that is no program may have to be set up before anything else is called.
    if instance.signature(of: "_start") == nil, instance.signature(of: "_initialize") != nil {
      try instance.call("_initialize")
    }
    return try instance.call(function, values).map { "\($0)\n" }.joined()
  }

  /// Calls the function of a component.
  ///
  /// - Returns: its result, if it has one, on a line.
  func run(in instance: ComponentInstance) throws -> String {
    guard let signature = try instance.signature(of: function) else { throw RunError.noFunction(function) }
    let types = signature.parameters.compactMap(\.self)
    guard types.count == signature.parameters.count else {
      throw RunError.notOnlyPlainValues(function: function, signature)
    }
    let values = try read(arguments, as: types, "\(signature)", ComponentValue.init)
    return try instance.call(function, values).map { "\($0)\n" } ?? ""
  }

  private func read(_ arguments: [String], for signature: FunctionSignature) throws -> [WasmValue] {
    let types = signature.parameters.compactMap(\.self)
    guard types.count == signature.parameters.count else {
      throw RunError.notOnlyNumbers(function: function, signature)
    }
    return try read(arguments, as: types, "\(signature)", WasmValue.init)
  }

  private func read<Kind: RawRepresentable<String>, Value>(
    _ arguments: [String], as types: [Kind], _ signature: String, _ value: (String, Kind) -> Value?
  ) throws -> [Value] {
    guard arguments.count == types.count else {
      let count = Quantities.count(types.count, "argument")
      throw refusal("takes \(count), not \(arguments.count): it is \(signature)")
    }
    return try zip(arguments, types).enumerated().map { index, pair in
      guard let value = value(pair.0, pair.1) else {
        let type = pair.1.rawValue
        let article = type.first.map { "aefis".contains($0) } == true ? "an" : "a"
        throw refusal(
          "takes as argument \(index + 1) \(article) \(type), which \(pair.0) is not: it is \(signature)")
      }
      return value
    }
  }

  private func refusal(_ complaint: String) -> ProgramEnd {
    ProgramEnd(path, "the function \(function) \(complaint)", .usage)
  }
}
