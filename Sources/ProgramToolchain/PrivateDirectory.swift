internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A directory for one compilation's files, removed with everything that a hostile program may have put there.
struct PrivateDirectory: ~Copyable {
  let path: FilePath
  let descriptor: Descriptor
  private let reader = DirectoryReader()

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
  /// deeper directories, than any compiler makes, or directories that cannot be looked into.
  ///
  /// This is done twenty times a second beside the compiler.
  func size(atMost limit: Int) -> Int {
    var found = Found(limit: limit)
    // A descriptor of its own: one that was read once stands at the end, where hardly anything is new.
    do throws(SystemError) { add(try descriptor.open(".", O_RDONLY | O_DIRECTORY), depth: 0, to: &found) } catch {
      return Int.max
    }
    return found.bytes
  }

  private struct Found {
    let limit: Int
    var bytes = 0
    var files = 0

    mutating func add(_ status: FileStatus) {
      files += 1
      // Blocks may lie beyond the end, and a file with holes could be filled.
      bytes = bytes.addingSaturating(max(status.size, status.allocated))
      if files > mostFiles { bytes = Int.max }
    }
  }

  private func add(_ folder: borrowing Descriptor, depth: Int, to found: inout Found) {
    var inner: [FilePath] = []
    do throws(SystemError) {
      guard depth <= Self.deepest else { throw SystemError("open", .fileNameTooLong) }
      try reader.forEachEntry(of: folder) { name, _ in
        // What vanishes meanwhile takes no room.
        guard !name.isDots, found.bytes <= found.limit, let status = try? folder.status(ofEntry: name.start) else {
          return
        }
        found.add(status)
        if status.kind == .directory { inner.append(FilePath(platformString: name.start)) }
      }
    } catch {
      found.bytes = Int.max
    }
    for name in inner where found.bytes <= found.limit {
      do throws(SystemError) {
        let open = try folder.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        add(open, depth: depth + 1, to: &found)
      } catch {
        let hasVanished = [Errno.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error.errno)
        if !hasVanished { found.bytes = Int.max }
      }
    }
  }

  /// Bytes that files take which processes hold open although they have no name any more.
  func sizeWithoutNames(heldBy processes: [pid_t]) -> Int {
    guard let device = try? descriptor.status().stamp.device else { return 0 }
    var sizes: [UInt64: Int] = [:]
    for process in processes {
      let place = FilePath("/proc/\(process)/fd")
      guard let folder = try? Descriptor.openDirectory(place), let names = try? folder.names() else { continue }
      for name in names {
        guard let status = try? folder.status(of: name, followingLinks: true), status.kind == .regular,
          status.links == 0, status.stamp.device == device
        else { continue }
        sizes[status.stamp.inode] = max(status.size, status.allocated)
      }
    }
    return sizes.values.reduce(0) { $0.addingSaturating($1) }
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
