internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A directory that artifacts are exported into, open and ours alone until it goes.
///
///     <output>/
///       .wasmprecompile/      locked by the run that exports; files that are not whole yet, and
///         exports             see ``ExportManifest``
///       some/module.cwasm
final class OutputDirectory {
  private static let ownName = ".wasmprecompile"

  /// The name that a file has in ``own`` until it gets its own. It is nobody else's: some file systems have no locks, and
  /// runs there do not take turns.
  let staged = "export-\(UInt64.random(in: .min ... .max))"

  let root: Descriptor
  let own: Descriptor

  /// Opens it, making missing directories, and waits for other runs that export into it.
  init(making path: FilePath) throws(SystemError) {
    root = try Self.openOrMake(path)
    own = try root.openOrMakeDirectory(Self.ownName, mode: 0o777)
    guard try own.lockIfPossible(waiting: true) else { return }
    // A run that was killed may have left files. No other run is at work now.
    for name in try own.names() where name.string != ExportManifest.fileName { try? own.remove(name) }
  }

  private static func openOrMake(_ path: FilePath) throws(SystemError) -> Descriptor {
    do { return try Descriptor.open(path, O_RDONLY | O_DIRECTORY) } catch let error
      where error.errno == .noSuchFileOrDirectory
    {
      var prefix = FilePath(root: path.root, [])
      for component in path.components {
        prefix.append(component)
        let made = prefix.withPlatformString { mkdir($0, 0o777) }
        if made != 0 && Glibc.errno != EEXIST { throw SystemError("mkdir") }
      }
      return try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    }
  }

  // MARK: The manifest

  func readManifest() -> ExportManifest {
    guard let file = try? RegularFile(ExportManifest.fileName, in: own), let bytes = try? file.contents(limit: .max)
    else { return ExportManifest() }
    return ExportManifest(bytes) ?? ExportManifest()
  }

  func write(_ manifest: ExportManifest) throws(SystemError) {
    let staged = "\(staged).new"
    let file = try own.open(staged, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
    try file.write(bytes: manifest.encoded)
    try own.rename(staged, to: own, as: ExportManifest.fileName)
  }

  // MARK: Exports

  /// The file under a name; nil if there is none, or none that can be reached.
  func status(of name: FilePath) -> FileStatus? { try? root.status(of: name) }

  /// Gives the staged file its name, in the place of another file.
  func publish(as name: FilePath) throws(SystemError) {
    guard let last = name.lastComponent else { throw SystemError("open", .invalidArgument) }
    try own.rename(staged, to: openParent(of: name, making: true), as: last)
    // Where both were names of one file already, renaming does nothing.
    discard()
  }

  func discard() { try? own.remove(staged) }

  /// Removes an export, and the directories that it leaves empty.
  func remove(_ name: FilePath) throws(SystemError) {
    guard let last = name.lastComponent else { return }
    try openParent(of: name, making: false).remove(last)
    var directory = name.removingLastComponent()
    while let last = directory.lastComponent {
      guard let parent = try? openParent(of: directory, making: false), (try? parent.removeDirectory(last)) != nil
      else { return }
      directory.removeLastComponent()
    }
  }

  /// Step by step, so that no symbolic link leads out.
  private func openParent(of name: FilePath, making: Bool) throws(SystemError) -> Descriptor {
    var directory = try root.open(".", O_RDONLY | O_DIRECTORY)
    for component in name.removingLastComponent().components {
      directory =
        making
        ? try directory.openOrMakeDirectory(component, mode: 0o777)
        : try directory.open(component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
    return directory
  }
}
