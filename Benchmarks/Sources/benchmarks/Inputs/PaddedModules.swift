extension ModuleTree {
  /// Modules that are large to read and to hash but not to compile: a custom section of random bytes fills them up.
  static func padded(_ count: Int, bytes: Int, at site: Site) throws -> ModuleTree {
    let files = numberedFiles(count, perDirectory: 100)
    return try ModuleTree("padded-\(count)x\(bytes)", at: site, files: files) { index in
      var generator = RepeatableGenerator(seed: UInt64(index))
      let words = (0..<bytes / 8).map { _ in generator.next().littleEndian }
      var module = adder(of: index)
      module.append(customSection: "padding", words.withUnsafeBytes(Array.init))
      return module.bytes
    }
  }
}
