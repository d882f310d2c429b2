extension ModuleTree {
  /// A collection of modules as real programs have them, all distinct: those of the site's corpus, else generated ones.
  static func corpus(at site: Site) throws -> ModuleTree {
    guard let directory = site.corpus else { return try generatedCorpus(at: site) }
    let modules = try distinctModules(in: directory)
    guard !modules.isEmpty else { throw Failure("\(directory): no modules") }
    let files = modules.map { "0/\($0.split(separator: "/").last ?? "")" }
    return try ModuleTree("corpus", at: site, files: files, anew: true) { try Files.read(modules[$0]) }
  }

  private static func distinctModules(in directory: String) throws -> [String] {
    let paths = try Files.names(in: directory).filter { $0.hasSuffix(".wasm") }.map { "\(directory)/\($0)" }
    var bySize: [Int: [String]] = [:]
    return try paths.filter { path in
      let bytes = try Files.read(path)
      let isKnown = try bySize[bytes.count, default: []].contains { try Files.read($0) == bytes }
      bySize[bytes.count, default: []].append(path)
      return !isKnown
    }
  }

  /// Distinct programs of 2 to 12 KB: a C compiler takes half a second for each, so that what is done around it shows.
  static func smallPrograms(_ count: Int, at site: Site) throws -> ModuleTree {
    try ModuleTree("small-programs", at: site, files: numberedFiles(count, perDirectory: count)) { index in
      ModuleBytes.program(bytes: 2000 + index * 6000 / max(1, count - 1), seed: UInt64(index)).bytes
    }
  }

  /// 64 modules from 2 KB to 1 MB, 10 MB in all: most of them small, most of the bytes in a few large ones.
  private static func generatedCorpus(at site: Site) throws -> ModuleTree {
    var size = 2000.0
    let sizes = (0..<64).map { _ in
      defer { size *= 1.104 }
      return Int(size)
    }
    return try ModuleTree("generated-corpus", at: site, files: numberedFiles(sizes.count, perDirectory: 16)) { index in
      ModuleBytes.program(bytes: sizes[index], seed: UInt64(index)).bytes
    }
  }
}
