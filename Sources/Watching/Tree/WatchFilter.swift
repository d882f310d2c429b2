internal import Glibc
package import LinuxIO
package import SystemPackage

/// Which names a watch looks at.
package struct WatchFilter: Sendable {
  /// Whether a file of this name is a module; explicitly given files are, whatever their name.
  package var isModule: @Sendable (FilePath.Component) -> Bool
  /// Whether a directory stays unwatched with all below it: the cache, `.git`, what the user excludes.
  ///
  /// Identity is given because the cache may be reached under any name. Not asked about roots.
  package var skipsDirectory: @Sendable (FilePath, FileIdentity) -> Bool
  /// Whether a module is left alone.
  package var skipsFile: @Sendable (FilePath) -> Bool

  package init(
    isModule: @escaping @Sendable (FilePath.Component) -> Bool = Self.endsInWasm,
    skipsDirectory: @escaping @Sendable (FilePath, FileIdentity) -> Bool = { _, _ in false },
    skipsFile: @escaping @Sendable (FilePath) -> Bool = { _ in false }
  ) {
    self.isModule = isModule
    self.skipsDirectory = skipsDirectory
    self.skipsFile = skipsFile
  }

  /// Whether the name ends in `.wasm`; a name that is only that counts.
  @Sendable
  package static func endsInWasm(_ name: FilePath.Component) -> Bool {
    name.withPlatformString { start in
      let length = strlen(start)
      return length >= 5 && strcmp(start + (length - 5), ".wasm") == 0
    }
  }
}
