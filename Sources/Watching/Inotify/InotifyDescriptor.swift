internal import CInotifyTools
internal import Glibc
package import LinuxIO
internal import SystemPackage

/// Why there is no inotify instance; the tree is polled then.
package enum InotifyFailure: Error, Hashable, Sendable {
  /// The library holds one instance a process, and it is taken.
  case alreadyInUse
  /// The kernel gave none: EMFILE means that `fs.inotify.max_user_instances` is reached.
  case refused(SystemError)
  /// `/proc/self/fd` does not show which descriptor the library opened.
  case descriptorUnknown
  /// The library waits with `select`, which aborts the process at descriptors of 1024 and above.
  case descriptorTooLarge
}

extension InotifyTools {
  /// Initialises the library and finds its descriptor, which the library does not tell.
  ///
  /// The library opens it for waiting and for inheriting; both are changed here.
  static func open() throws(InotifyFailure) -> Int32 {
    let before = inotifyDescriptors()
    guard inotifytools_initialize() != 0 else {
      throw .refused(SystemError("inotify_init", Errno(rawValue: inotifytools_error())))
    }
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
    guard let directory = try? Descriptor.openDirectory("/proc/self/fd"), let names = try? directory.names() else {
      return []
    }
    let descriptors = names.filter { name in
      (try? directory.symbolicLinkTarget(name)) == Array("anon_inode:inotify".utf8)
    }
    return Set(descriptors.compactMap { Int32($0.string) })
  }
}
