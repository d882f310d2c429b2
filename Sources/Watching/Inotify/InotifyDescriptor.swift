internal import CInotifyTools
internal import Glibc
package import SystemPackage

/// Why there is no inotify instance; the tree is polled then.
package enum InotifyFailure: Error, Hashable, Sendable {
  /// The library holds one instance a process, and it is taken.
  case alreadyInUse
  /// The kernel gave none: EMFILE means that `fs.inotify.max_user_instances` is reached.
  case refused(Errno)
  /// `/proc/self/fd` does not show which descriptor the library opened.
  case descriptorUnknown
  /// The library waits with `select`, which aborts the process at descriptors of 1024 and above.
  case descriptorTooLarge
}

extension InotifyTools {
  /// Initialises the library and finds the descriptor it opened, which it tells nobody.
  ///
  /// The library opens it for waiting and for inheriting; both are changed here.
  static func open() throws(InotifyFailure) -> Int32 {
    let before = inotifyDescriptors()
    guard inotifytools_initialize() != 0 else { throw .refused(Errno(rawValue: inotifytools_error())) }
    let opened = inotifyDescriptors().subtracting(before)
    guard let descriptor = opened.first, opened.count == 1 else {
      inotifytools_cleanup()
      throw .descriptorUnknown
    }
    guard descriptor < FD_SETSIZE else {
      inotifytools_cleanup()
      throw .descriptorTooLarge
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    return descriptor
  }

  private static func inotifyDescriptors() -> Set<Int32> {
    guard let listing = try? DirectoryListing(of: "/proc/self/fd", isModule: { _ in true }) else { return [] }
    let descriptors = listing.files.compactMap { file -> Int32? in
      let link = FilePath("/proc/self/fd").appending(file.name)
      guard readLink(link) == "anon_inode:inotify" else { return nil }
      return Int32(file.name.string)
    }
    return Set(descriptors)
  }
}

/// What a symbolic link says, `nil` when it is none.
func readLink(_ path: FilePath) -> FilePath? {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
    guard let start = buffer.baseAddress else { return nil }
    let length = path.withPlatformString { readlink($0, start, Int(PATH_MAX)) }
    guard length > 0 else { return nil }
    buffer[length] = 0
    return FilePath(platformString: start)
  }
}
