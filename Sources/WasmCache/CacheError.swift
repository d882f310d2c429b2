package import LinuxIO
public import SystemPackage

/// Why the cache could not be opened, read or written.
public enum CacheError: Error, Hashable, Sendable {
  /// Something that is no directory stands where the cache should be.
  case notADirectory(FilePath)
  /// The cache's directory, or one in it, belongs to another user.
  case foreignOwner(FilePath, owner: UInt32)
  /// Others may write into the cache's directory, or one in it.
  case writableByOthers(FilePath, permissions: UInt32)
  /// A file operation failed.
  case io(FilePath, operation: String, reason: String)

  package init(_ path: FilePath, _ operation: String, _ error: SystemError) {
    self = .io(path, operation: operation, reason: error.description)
  }
}

extension CacheError: CustomStringConvertible {
  /// What failed, why, and the fix; without the path, which the caller prints in front.
  public var description: String {
    switch self {
    case .notADirectory:
      "is not a directory: name another place with --cache-dir, or remove it"
    case .foreignOwner(_, let owner):
      "belongs to user \(owner): whoever writes there decides what code runs; name a directory of your own with --cache-dir, or accept that with --trust-cache"
    case .writableByOthers(let path, _):
      "can be written by other users: whoever writes there decides what code runs; `chmod go-w \(path)` if they did no harm, or accept that with --trust-cache"
    case .io(_, let operation, let reason):
      "cannot \(operation): \(reason)"
    }
  }

  public var path: FilePath {
    switch self {
    case .notADirectory(let path), .foreignOwner(let path, _), .writableByOthers(let path, _), .io(let path, _, _): path
    }
  }
}
