internal import LinuxIO
internal import SystemPackage

/// The kind of file system something is on, as far as it decides whether its events can be relied on.
struct FileSystemKind {
  let isRemote: Bool

  init(of file: FileDescriptor) { isRemote = NetworkFileSystem.name(of: file.rawValue) != nil }
}
