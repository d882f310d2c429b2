internal import Precompiler
internal import SystemPackage
internal import WasmCache

extension LowerCacheTrouble {
  /// The message to a user, with the command that mends it; without the path.
  ///
  /// - Parameter cache: the lower cache's place.
  func message(of cache: FilePath) -> String {
    switch self {
    case .copiedWithoutLinks:
      "\(description): copy it with `cp -a`, or mend it with \(repairCommand(for: cache))"
    case .unusable(.io(let path, _, .permissionDenied)):
      "\(description): `chmod -R a+rX \(shellWord(path))` lets every user read it"
    case .unusable(.foreignOwner), .unusable(.writableByOthers): "\(description) (--trust-cache)"
    case .unusable, .artifact, .refused: description
    }
  }
}
