internal import CInotifyTools
internal import Glibc
internal import LinuxIO
internal import SystemPackage

extension InotifyTools {
  /// Initialises the library and finds its descriptor, which the library does not tell.
  ///
  /// The library opens it for waiting and for inheriting; both are changed here.
  static func open(_ library: InotifyLibrary) throws(InotifyFailure) -> Int32 {
    let before = inotifyDescriptors()
    guard library.api.initialize() != 0 else {
      throw .refused(SystemError("inotify_init", Errno(rawValue: library.api.error())))
    }
    let opened = inotifyDescriptors().subtracting(before)
    guard let descriptor = opened.first, opened.count == 1 else {
      library.api.cleanup()
      throw .descriptorUnknown
    }
    guard descriptor < FD_SETSIZE else {
      library.api.cleanup()
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
