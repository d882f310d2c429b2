extension ModuleTree {
  /// Many modules of 45 bytes or so, 100 in a directory.
  ///
  /// - Parameter place: the tree's name, if it is one of its own.
  static func small(_ count: Int, at site: Site, place: String? = nil) throws -> ModuleTree {
    let files = numberedFiles(count, perDirectory: 100)
    return try ModuleTree(place ?? "small-\(count)", at: site, files: files) { adder(of: $0).bytes }
  }

  /// A module whose function adds the number; distinct for each number:
  /// `(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const NUMBER))))`.
  static func adder(of number: Int) -> ModuleBytes {
    // No locals, local.get 0, i32.const, i32.add, end.
    var body: [UInt8] = [0x00, 0x20, 0x00, 0x41]
    body.append(signed: number)
    body += [0x6a, 0x0b]

    var module = ModuleBytes()
    module.append(.type, ModuleBytes.vector([[0x60, 1, 0x7f, 1, 0x7f]]))
    module.append(.function, ModuleBytes.vector([[0]]))
    module.append(.export, ModuleBytes.vector([ModuleBytes.name("f") + [0x00, 0x00]]))
    module.append(.code, ModuleBytes.vector([ModuleBytes.sized(body)]))
    return module
  }
}
