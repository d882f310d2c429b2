internal import CLinux
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// What a directory holds that matters to a watcher: its directories, and the files that could be modules.
struct DirectoryListing {
  struct File {
    var name: FilePath.Component
    var isLink: Bool
  }

  private(set) var directories: [FilePath.Component] = []
  private(set) var files: [File] = []

  /// Lists a freshly opened directory; its position is spent afterwards.
  ///
  /// Without readdir, which costs four more system calls a directory.
  init(of directory: FileDescriptor, isModule: (FilePath.Component) -> Bool) throws(Errno) {
    let failure = withUnsafeTemporaryAllocation(byteCount: 32_768, alignment: 8) { buffer -> Errno? in
      guard let start = buffer.baseAddress else { return .noMemory }
      while true {
        let length = clinux_getdents64(directory.rawValue, start, buffer.count)
        guard length > 0 else { return length == 0 ? nil : Errno(rawValue: errno) }
        var offset = 0
        while offset < length {
          let entry = UnsafeRawPointer(start + offset)
          add(entry, in: directory, isModule: isModule)
          offset += Int(entry.load(as: clinux_directory_entry.self).length)
        }
      }
    }
    if let failure { throw failure }
  }

  private mutating func add(
    _ entry: UnsafeRawPointer, in directory: FileDescriptor, isModule: (FilePath.Component) -> Bool
  ) {
    guard let start = MemoryLayout<clinux_directory_entry>.offset(of: \.name),
      let name = FilePath.Component(platformString: (entry + start).assumingMemoryBound(to: CChar.self)),
      name.kind == .regular
    else { return }
    switch Int(entry.load(as: clinux_directory_entry.self).kind) {
    case Int(DT_DIR): directories.append(name)
    case Int(DT_REG): if isModule(name) { files.append(File(name: name, isLink: false)) }
    case Int(DT_LNK): if isModule(name) { files.append(File(name: name, isLink: true)) }
    case Int(DT_UNKNOWN): addByStamp(name, in: directory, isModule: isModule)
    default: break
    }
  }

  init(of path: FilePath, isModule: (FilePath.Component) -> Bool) throws(Errno) {
    let directory = try openDirectory(path, followingLinks: true)
    defer { try? directory.close() }
    try self.init(of: directory, isModule: isModule)
  }

  /// Some file systems do not keep the kind of a name with it.
  private mutating func addByStamp(
    _ name: FilePath.Component, in directory: FileDescriptor, isModule: (FilePath.Component) -> Bool
  ) {
    guard let stamp = try? FileStamp(of: name, in: directory) else { return }
    switch stamp.kind {
    case .directory: directories.append(name)
    case .regular, .symbolicLink:
      if isModule(name) { files.append(File(name: name, isLink: stamp.kind == .symbolicLink)) }
    default: break
    }
  }
}

/// Opens a directory for listing.
func openDirectory(_ path: FilePath, followingLinks: Bool) throws(Errno) -> FileDescriptor {
  let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
  let descriptor = path.withPlatformString { open($0, flags) }
  guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  return FileDescriptor(rawValue: descriptor)
}
