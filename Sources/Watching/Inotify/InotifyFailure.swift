package import LinuxIO
internal import SystemPackage

/// Why there is no inotify instance; the tree is polled then.
package enum InotifyFailure: Error, Hashable, Sendable {
  /// The dynamic linker's words about libinotifytools, which only watching needs.
  case noLibrary(String)
  /// The library holds one instance a process, and it is taken.
  case alreadyInUse
  /// The kernel gave none: EMFILE means that `fs.inotify.max_user_instances` is reached.
  case refused(SystemError)
  /// `/proc/self/fd` does not show which descriptor the library opened.
  case descriptorUnknown
  /// The library waits with `select`, which aborts the process at descriptors of 1024 and above.
  case descriptorTooLarge
}

extension InotifyFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noLibrary(let reason): "\(reason): install libinotifytools (Debian: apt install libinotifytools0)"
    case .alreadyInUse: "another watch of this process uses it"
    case .refused(let error) where error.errno == .tooManyOpenFiles:
      "too many instances, fs.inotify.max_user_instances is \(InotifyLimits.maxUserInstances ?? 0)"
    case .refused(let error): "\(error)"
    case .descriptorUnknown: "its descriptor is not found in /proc/self/fd"
    case .descriptorTooLarge: "its descriptor is 1024 or more"
    }
  }
}
