internal import Precompiler
internal import SystemPackage

extension LowerCacheTrouble {
  /// The message to a user, with the command that mends it; without the path.
  ///
  /// - Parameter cache: the lower cache's place.
  func message(of cache: FilePath) -> String {
    switch self {
    case .copiedWithoutLinks:
      "\(description): copy it with `cp -a`, or mend it with \(repairCommand(for: cache))"
    case .unusable, .artifact: description
    }
  }
}
