internal import Glibc
internal import LinuxIO
internal import SystemPackage

extension FileStamp {
  /// The file a name stands for, or the link itself.
  init(of path: FilePath, followingLinks: Bool) throws(Errno) {
    try self.init { status in
      path.withPlatformString { fstatat(AT_FDCWD, $0, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) }
    }
  }

  init(of file: FileDescriptor) throws(Errno) {
    try self.init { fstat(file.rawValue, &$0) }
  }

  /// A name inside an open directory, the link itself if it is one.
  init(of name: FilePath.Component, in directory: FileDescriptor) throws(Errno) {
    try self.init { status in
      name.withPlatformString { fstatat(directory.rawValue, $0, &status, AT_SYMLINK_NOFOLLOW) }
    }
  }

  private init(_ read: (inout stat) -> Int32) throws(Errno) {
    var status = stat()
    guard read(&status) == 0 else { throw Errno(rawValue: errno) }
    self.init(status)
  }
}
