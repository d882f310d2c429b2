extension ModuleTree {
  /// One module of about `bytes`, all of it functions with something to compile.
  static func large(bytes: Int, at site: Site) throws -> ModuleTree {
    try ModuleTree("large-\(bytes)", at: site, files: ["0/large.wasm"]) { _ in
      ModuleBytes.program(bytes: bytes, seed: 0).bytes
    }
  }
}

extension ModuleBytes {
  /// A module with at least `bytes` of generated functions.
  ///
  /// - Parameter flaw: what a last function does wrong; nil for none.
  static func program(bytes: Int, seed: UInt64, flaw: Flaw? = nil) -> ModuleBytes {
    var generator = RepeatableGenerator(seed: seed)
    var functions: [[UInt8]] = []
    var size = 0
    while size < bytes {
      // Real programs have many small functions and a few large ones.
      let length = generator.oneIn(20) ? 2000 + generator.below(6000) : 60 + generator.below(900)
      var function = FunctionGenerator(seed: generator.next(), index: functions.count)
      let code = sized(function.body(length: min(length, bytes)))
      functions.append(code)
      size += code.count
    }
    if let flaw { functions.append(sized(flaw.body)) }

    var last: [UInt8] = []
    last.append(unsigned: functions.count - 1)
    var module = ModuleBytes()
    module.append(.type, vector([FunctionGenerator.type]))
    module.append(.function, vector(functions.map { _ in [0] }))
    module.append(.memory, vector([[0x00, 2]]))
    module.append(.export, vector([name("f") + [0x00] + last]))
    module.append(.code, vector(functions))
    return module
  }
}
