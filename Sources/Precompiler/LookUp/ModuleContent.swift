package import Scanning
package import SystemPackage

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
  package var files: [SourceFile] { [first] + others }

  package var paths: [FilePath] { files.map(\.path) }

  mutating func add(_ file: SourceFile) { others.append(file) }
}
