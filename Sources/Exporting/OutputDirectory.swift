internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A directory that artifacts are exported into, open and ours alone until it goes.
///
///     <output>/
///       .wasmprecompile/      files that are not whole yet, and
///         lock                locked by the run that exports
///         exports             see ``ExportManifest``
///       some/module.cwasm
final class OutputDirectory {
  private static let ownName = ".wasmprecompile"
  private static let lockName = "lock"

  /// The name that a file has in ``own`` until it gets its own. It is nobody else's: some file systems have no locks, and
  /// runs there do not take turns.
  let staged = "export-\(UInt64.random(in: .min ... .max))"

  let root: Descriptor
  let own: Descriptor
  private let lock: Descriptor?

  /// Opens it, making missing directories, and waits for other runs that export into it.
  ///
  /// - Parameter isOver: asked now and then whether waiting is no longer wanted.
  /// - Throws: SystemError("flock", .wouldBlock) if another run has it for longer than until the deadline.
  init(making path: FilePath, until deadline: MonotonicInstant, unless isOver: () -> Bool) throws(SystemError) {
    root = try Self.openOrMake(path)
    own = try root.openOrMakeDirectory(Self.ownName, mode: 0o777)
    do throws(SystemError) { lock = try Self.openLock(in: own) } catch {
      // Who may not write here changes nothing. If there is something to write, that fails with the reason.
      guard [.readOnlyFileSystem, .permissionDenied].contains(error.errno) else { throw error }
      lock = nil
      return
    }
    switch try lock?.lockIfPossible(until: deadline, unless: isOver) {
    case .held: break
    case .unavailable, nil: return
    case .busy: throw Self.isBusy
    }
    // A run that was killed may have left files. No other run is at work now.
    let kept = [ExportManifest.fileName, Self.lockName]
    for name in try own.names() where !kept.contains(name.string) { try? own.remove(name) }
  }

  static let isBusy = SystemError("flock", .wouldBlock)

  /// Opens the file that is locked. Only who may write into the directory can open it: who can read could keep others out.
  private static func openLock(in own: borrowing Descriptor) throws(SystemError) -> Descriptor {
    let directory = try own.status().permissions
    let file = try own.openRegularFile(Self.lockName, O_RDWR | O_CREAT, mode: 0o600)
    let mode: UInt32 = 0o600 | (directory & 0o020 == 0 ? 0 : 0o060) | (directory & 0o002 == 0 ? 0 : 0o006)
    // The umask, or a copy of the directory, may have given it another mode.
    if let status = try? file.status(), status.permissions != mode { try? file.setMode(mode) }
    return file
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
