extension ModuleTree {
  /// Modules as specifications' tests have them: of 50 bytes to 5 kB, most of them small, and every third one invalid.
  static func mixed(_ count: Int, at site: Site) throws -> ModuleTree {
    let files = numberedFiles(count, perDirectory: 100)
    return try ModuleTree("mixed-\(count)", at: site, files: files) { index in
      var generator = RepeatableGenerator(seed: UInt64(index))
      let least = 50 << generator.below(6)
      let size = least + generator.below(2 * least)
      let isValid = !index.isMultiple(of: 3)
      let flaw = isValid ? nil : ModuleBytes.Flaw.allCases[index / 3 % ModuleBytes.Flaw.allCases.count]
      return ModuleBytes.program(bytes: size, seed: UInt64(index), flaw: flaw).bytes
    }
  }

  /// How many of so many mixed modules are invalid.
  static func invalid(among count: Int) -> Int { (count + 2) / 3 }
}

extension ModuleBytes {
  /// What makes a module invalid: a last function that no engine may accept.
  enum Flaw: CaseIterable {
    /// An addition of nothing.
    case emptyStack
    /// A result of another type.
    case wrongType
    case unknownFunction
    case unknownLocal

    /// No locals, then the instructions.
    var body: [UInt8] {
      switch self {
      case .emptyStack: [0x00, 0x6a, 0x0b]
      case .wrongType: [0x00, 0x42, 0x00, 0x0b]
      case .unknownFunction: [0x00, 0x41, 0x00, 0x41, 0x00, 0x10, 0xff, 0x7f, 0x0b]
      case .unknownLocal: [0x00, 0x20, 0x32, 0x0b]
      }
    }
  }
}
