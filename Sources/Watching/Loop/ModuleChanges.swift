package import SystemPackage

/// The changes that a command is told of: modules that are new or hold something new, and modules that are gone.
package struct ModuleChanges: Hashable, Sendable {
  package private(set) var changed: Set<FilePath> = []
  package private(set) var removed: Set<FilePath> = []

  package init(changed: Set<FilePath> = [], removed: Set<FilePath> = []) {
    self.changed = changed
    self.removed = removed
  }

  var isEmpty: Bool { changed.isEmpty && removed.isEmpty }

  mutating func change(_ path: FilePath) {
    removed.remove(path)
    changed.insert(path)
  }

  mutating func remove(_ path: FilePath) {
    changed.remove(path)
    removed.insert(path)
  }

  /// Takes back a change of a module that cannot be used after all.
  mutating func retract(_ path: FilePath) { changed.remove(path) }

  /// Adds what happened after this.
  mutating func append(_ later: ModuleChanges) {
    for path in later.changed { change(path) }
    for path in later.removed { remove(path) }
  }
}
