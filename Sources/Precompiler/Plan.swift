internal import Scanning
package import SystemPackage
package import WasmCache

/// A module by its contents: files with the same contents are one.
package struct ModuleContent: Sendable {
  package let facts: ModuleFacts
  private let first: SourceFile
  private var others: [SourceFile] = []

  init(_ facts: ModuleFacts, in file: SourceFile) {
    self.facts = facts
    first = file
  }

  /// The path to show and to read from.
  package var path: FilePath { first.path }

  /// Every file that has these contents, in the order in which they were found.
  package var paths: [FilePath] { [first.path] + others.map(\.path) }

  fileprivate mutating func add(_ file: SourceFile) { others.append(file) }
}

/// One module to compile with one set of settings.
package struct Job: Sendable {
  package let content: ModuleContent
  /// Which of the run's engine identities.
  package let engine: Int
  package let reason: MissReason
}

/// What has to be done, and what has not.
package struct Plan: Sendable {
  /// Every distinct module, in the order found.
  package private(set) var contents: [ModuleContent] = []
  /// In the order in which to start them: engines in the order given, for each the largest modules first, so that no
  /// long compilation is left for last.
  package private(set) var jobs: [Job] = []
  /// Modules that the cache has: positions in ``contents``, and the engine of each.
  package private(set) var upToDate: [(content: Int, engine: Int)] = []

  /// - Parameter force: compile what the cache has, too.
  init(_ inspection: InspectionResult, _ scan: ScanResult, engineCount: Int, force: Bool) {
    var positions = [WasmHash: Int](minimumCapacity: inspection.files.count)
    var lookups: [Int] = []
    for (number, file) in inspection.files.enumerated() {
      if let position = positions[file.facts.hash] {
        contents[position].add(scan[file.index])
      } else {
        positions[file.facts.hash] = contents.count
        contents.append(ModuleContent(file.facts, in: scan[file.index]))
        lookups.append(number * engineCount)
      }
    }
    for engine in 0..<engineCount {
      var missing: [Job] = []
      for (position, lookup) in lookups.enumerated() {
        switch inspection.lookups[lookup + engine] {
        case .present where !force: upToDate.append((position, engine))
        case .present: missing.append(Job(content: contents[position], engine: engine, reason: .forced))
        case .absent(let reason): missing.append(Job(content: contents[position], engine: engine, reason: reason))
        }
      }
      // Stable for equal sizes, so that two runs start alike.
      jobs += missing.enumerated()
        .sorted { ($1.element.content.facts.size, $0.offset) < ($0.element.content.facts.size, $1.offset) }
        .map(\.element)
    }
  }
}
