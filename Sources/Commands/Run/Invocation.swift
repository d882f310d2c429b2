internal import SystemPackage
internal import WasmEngine

/// A call of one of a module's functions with arguments that were typed.
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

  private func read(_ arguments: [String], for signature: FunctionSignature) throws -> [WasmValue] {
    let types = signature.parameters.compactMap(\.self)
    guard types.count == signature.parameters.count else {
      throw RunError.notOnlyNumbers(function: function, signature)
    }
    guard arguments.count == types.count else {
      let count = Quantities.count(types.count, "argument")
      throw refusal("takes \(count), not \(arguments.count): it is \(signature)")
    }
    return try zip(arguments, types).enumerated().map { index, pair in
      guard let value = WasmValue(pair.0, as: pair.1) else {
        throw refusal(
          "takes as argument \(index + 1) an \(pair.1.rawValue), which \(pair.0) is not: it is \(signature)")
      }
      return value
    }
  }

  private func refusal(_ complaint: String) -> ProgramEnd {
    ProgramEnd(path, "the function \(function) \(complaint)", .usage)
  }
}
