internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A directory for one compilation's files, removed with everything that a hostile program may have put there.
struct PrivateDirectory: ~Copyable {
  let path: FilePath
  let descriptor: Descriptor

  /// Makes it where temporary files belong.
  init() throws(SystemError) {
    let base = getenv("TMPDIR").map { FilePath(platformString: $0) }.flatMap { $0.isAbsolute ? $0 : nil } ?? "/tmp"
    var template = base.appending("wasmprecompile-XXXXXX").withPlatformString { text in
      Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
    }
    let made = template.withUnsafeMutableBufferPointer { text in text.baseAddress.map { mkdtemp($0) != nil } ?? false }
    guard made else { throw SystemError("mkdtemp") }
    let path = template.withUnsafeBufferPointer { text in text.baseAddress.map { FilePath(platformString: $0) } ?? "" }
    let descriptor = try Descriptor.openDirectory(path, followingLinks: false)
    self.path = path
    self.descriptor = descriptor
  }

  /// Bytes that the files in it take, as far as they are looked at: a limit is exceeded anyway if there are more files, or
  /// deeper directories, than any compiler makes.
  func size(atMost limit: Int) -> Int {
    var total = 0
    var files = 0
    var waiting = [FilePath(".")]
    while let folder = waiting.popLast() {
      // What vanishes meanwhile takes no room.
      guard let open = try? descriptor.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), let names = try? open.names()
      else {
        continue
      }
      for name in names {
        guard let status = try? open.status(of: name) else { continue }
        files += 1
        let (sum, overflow) = total.addingReportingOverflow(status.size)
        total = overflow ? Int.max : sum
        if total > limit { return total }
        if files > Self.mostFiles || folder.components.count > Self.deepest { return Int.max }
        if status.kind == .directory { waiting.append(folder.appending(name)) }
      }
    }
    return total
  }

  private static let mostFiles = 50_000
  private static let deepest = 100

  /// Removes it. Nothing may run in it any more.
  ///
  /// However deep its directories are, no more than two are open at a time: what is in a directory is moved to the top.
  consuming func remove() {
    var moved = 0
    // A file that cannot be removed does not keep this from ending.
    for _ in 0..<Self.mostRounds {
      guard let names = try? descriptor.names(), !names.isEmpty else { break }
      for name in names {
        if (try? descriptor.remove(name)) != nil || (try? descriptor.removeDirectory(name)) != nil { continue }
        _ = name.withCText { fchmodat(descriptor.raw, $0, 0o700, 0) }
        guard let folder = try? descriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
          let inside = try? folder.names()
        else { continue }
        for one in inside {
          if (try? folder.remove(one)) != nil { continue }
          moved += 1
          try? folder.rename(one, to: descriptor, as: "\(Self.movedPrefix)\(moved)")
        }
        try? descriptor.removeDirectory(name)
      }
    }
    _ = path.withCText { rmdir($0) }
  }

  private static let mostRounds = 100_000
  private static let movedPrefix = ".wasmprecompile-moved-"
}
