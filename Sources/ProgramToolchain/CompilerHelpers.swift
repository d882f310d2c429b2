internal import SystemPackage

extension FoundCompiler {
  /// The programs that its programs start by themselves, as these named them; those that are not there are left out.
  ///
  /// - Parameter names: paths, or names that its programs find by their `PATH`.
  func helpers(_ names: [String]) -> CompilerParts {
    var found: [String: FilePath] = [:]
    for name in names {
      let places = name.hasPrefix("/") ? [FilePath(name)] : searchPath.map { FilePath($0).appending(name) }
      guard name.hasPrefix("/") || !name.contains("/"), let path = places.first(where: CompilerSearch.isExecutable),
        let last = path.lastComponent
      else { continue }
      // Two C compilers each have a cc1.
      var key = last.string
      while let other = found[key], other != path { key += "'" }
      found[key] = path
    }
    return CompilerParts(programs: found, things: [:])
  }
}

/// What a compiler says of itself, as the catalog keeps it.
struct CompilerAnswers {
  /// What the commands for the version print.
  let words: String
  /// What the commands for helpers print.
  let helpers: [String]

  init(words: String, helpers: [String]) {
    self.words = words
    self.helpers = helpers
  }

  init(_ bytes: [UInt8]) {
    let texts = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    words = texts.first ?? ""
    helpers = Array(texts.dropFirst())
  }

  /// Texts of programs have no control characters here, see ``CollectedWords``.
  var bytes: [UInt8] { Array(([words] + helpers).map { Array($0.utf8) }.joined(separator: [0])) }
}
