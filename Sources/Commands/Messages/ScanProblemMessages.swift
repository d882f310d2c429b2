internal import LinuxIO
internal import Scanning
internal import SystemPackage

extension ScanProblem {
  /// The message to a user: the failure, its reason, and how to mend it; without the path.
  var message: String { description + remedy }

  /// The remedy, to follow the reason.
  private var remedy: String {
    switch reason {
    case .root(let errno): Self.remedy(errno, denied: "check the permissions of the directories above it")
    case .directory(let errno): Self.remedy(errno, denied: "make it readable (chmod u+rx) or use --exclude")
    case .outOfDescriptors(let errno):
      Self.remedy(errno, denied: "") + " and scan again, the rest was not scanned"
    case .module(let errno): Self.remedy(errno, denied: "make it readable or use --exclude")
    case .danglingLink: ", restore it, remove the link or use --exclude"
    case .notRegular: ", rename it or use --exclude"
    case .linkCycle: ", use --exclude to silence this"
    }
  }

  /// - Parameter denied: what to do where there is no permission.
  private static func remedy(_ errno: Errno, denied: String) -> String {
    switch errno {
    case .noSuchFileOrDirectory, .notDirectory: ", check the spelling"
    case .tooManySymbolicLinkLevels: ", remove the link that leads back to itself"
    case .fileNameTooLong: ", start from a directory nearer to it"
    case .permissionDenied, .notPermitted: ", \(denied)"
    // The reason itself names the limit.
    case .tooManyOpenFiles: ""
    case .tooManyOpenFilesInSystem: ", close some programs"
    case .ioError: ", check the disk or the connection to it"
    case .staleNFSFileHandle: ", scan again"
    default: ", mend that or use --exclude"
    }
  }
}
