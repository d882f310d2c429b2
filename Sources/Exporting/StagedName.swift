internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The name that a file has beside its place until it is whole: `.wasmprecompile-` and a number.
///
/// Its writer holds the file's lock, which goes with the process, so that others can tell it from what a dead writer left.
struct StagedName {
  private static let prefix = ".wasmprecompile-"

  let text = prefix + "\(UInt64.random(in: .min ... .max))"

  /// Makes the file.
  func makeFile(in directory: borrowing Descriptor) throws(SystemError) -> Descriptor {
    let file = try directory.open(text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o666)
    // On a file system without locks, nothing is taken for abandoned, either.
    _ = try? file.tryLock()
    return file
  }

  /// Removes the files that dead writers left; trouble with one is left to the next run.
  ///
  /// - Parameter youth: nanoseconds since a file was made for which it stays, because it may not be locked yet.
  static func removeAbandoned(in directory: borrowing Descriptor, youth: Int64 = 1_000_000_000) {
    for name in (try? directory.names()) ?? [] where isOne(name.string) {
      // What another user made is not ours to remove.
      guard let file = try? directory.openRegularFile(name, O_RDONLY), let status = try? file.status(),
        status.owner == geteuid(), status.stamp.changed < WallClock.now() - youth, (try? file.tryLock()) == true
      else { continue }
      try? directory.remove(name)
    }
  }

  private static func isOne(_ name: String) -> Bool {
    name.hasPrefix(prefix) && UInt64(name.dropFirst(prefix.count)) != nil
  }
}
