package import SystemPackage
package import WasmCache
internal import WasmEngine

/// A module to compile, by its contents: files with the same contents are one.
package struct ModuleContent: Sendable {
  package let facts: ModuleFacts
  /// Every file that has these contents, in the order in which they were found.
  package var paths: [FilePath]

  /// The path to show and to read from.
  package var path: FilePath { paths.first ?? FilePath() }
}

/// One module to compile with one set of settings.
package struct Job: Sendable {
  package let content: ModuleContent
  /// Which of the run's engine identities.
  package let engine: Int
  package let reason: MissReason
}

/// What has to be done, and what has not: the files looked up, most work first.
package struct Plan: Sendable {
  /// In the order in which to start them: engines in the order given, for each the largest modules first, so that no
  /// long compilation is left for last.
  package let jobs: [Job]
  /// Modules that the cache has, for each engine in turn.
  package let upToDate: [(content: ModuleContent, engine: Int)]
  /// Every distinct module, in the order found.
  package let contents: [ModuleContent]

  /// - Parameters:
  ///   - files: every readable module, in the order found, with what the cache has for it with each engine.
  ///   - force: compile what the cache has, too.
  init(_ files: [InspectedFile], engineCount: Int, force: Bool) {
    var contents: [ModuleContent] = []
    var lookups: [[Lookup]] = []
    var positions: [WasmHash: Int] = [:]
    for file in files {
      if let position = positions[file.facts.hash] {
        contents[position].paths.append(file.path)
      } else {
        positions[file.facts.hash] = contents.count
        contents.append(ModuleContent(facts: file.facts, paths: [file.path]))
        lookups.append(file.lookups)
      }
    }
    var jobs: [Job] = []
    var upToDate: [(content: ModuleContent, engine: Int)] = []
    for engine in 0..<engineCount {
      var missing: [Job] = []
      for (content, lookup) in zip(contents, lookups) {
        switch lookup[engine] {
        case .present where !force: upToDate.append((content, engine))
        case .present: missing.append(Job(content: content, engine: engine, reason: .forced))
        case .absent(let reason): missing.append(Job(content: content, engine: engine, reason: reason))
        }
      }
      // Stable for equal sizes, so that two runs start alike.
      jobs += missing.enumerated()
        .sorted { ($1.element.content.facts.size, $0.offset) < ($0.element.content.facts.size, $1.offset) }
        .map(\.element)
    }
    self.jobs = jobs
    self.upToDate = upToDate
    self.contents = contents
  }
}

/// A file that was hashed and looked up.
struct InspectedFile: Sendable {
  let path: FilePath
  let facts: ModuleFacts
  /// For each engine, what the cache has.
  let lookups: [Lookup]
}
