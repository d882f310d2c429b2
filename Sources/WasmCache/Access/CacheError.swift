internal import Glibc
package import LinuxIO
public import SystemPackage
public import WasmEngine

/// Why the cache could not be opened, read or written, or a module not be had from it.
///
/// A host that wants to act on a failed system call matches its number:
///
///     catch CacheError.io(_, _, .noSpace) { … }
public enum CacheError: Error, Hashable, Sendable {
  // MARK: The cache's directories

  /// A file that is not a directory stands where the cache should be.
  case notADirectory(FilePath)
  /// The cache's directory, or one in it, belongs to another user.
  case foreignOwner(FilePath, owner: UInt32)
  /// Others may write into the cache's directory, or one in it.
  case writableByOthers(FilePath, permissions: UInt32)
  /// The cache was to be written to, but this directory of it cannot be, or it was opened for reading only.
  case notWritable(FilePath, reason: String)
  /// There is no cache to read.
  case noCache(FilePath)
  /// A system call failed with this number. The operation is the work that needed it, as it follows "cannot".
  case io(FilePath, operation: String, Errno)
  /// An operation was given up though no system call failed, as when a module's file changes while it is read.
  case givenUp(FilePath, operation: String, reason: String)

  // MARK: Signatures

  /// The file of a trusted key cannot be used.
  case unusableKey(FilePath, reason: String)
  /// A lower cache has the artifact, and it is not signed by a key that is trusted.
  case refused(FilePath, SignatureFault)

  // MARK: Modules

  /// The cache has no artifact of the module for this engine. A corrupt artifact is moved aside first, if that is allowed.
  case missing(WasmHash, Backend, MissReason)
  /// The stored bytes are intact, but they are for another engine or other settings.
  case invalidated(FilePath)
  /// The stored bytes are intact, but they are not an artifact.
  case invalidFile(FilePath, InvalidFile)
  /// The artifact is a component's, and a module was asked for.
  case component(FilePath)
  /// The artifact is a core module's, and a component was asked for.
  case coreModule(FilePath)
  /// The engine refuses the artifact, for its own reason.
  case deserialize(FilePath, reason: String)
  /// The module could not be turned into an artifact of this cache.
  case serialize(reason: String)
  /// The engine does not have the backend.
  case unsupportedBackend(Backend, reason: String)
  /// The list of backends is empty.
  case noBackend
  /// A module that the cache does not have could not be compiled.
  case compile(EngineError)

  /// Names in a directory may be lost if the power goes.
  static func unsynchronized(_ directory: FilePath, _ error: SystemError) -> CacheError {
    CacheError(directory, "make sure that its names are on the disk", error)
  }

  package init(_ path: FilePath, _ operation: String, _ error: SystemError) {
    self = .io(path, operation: operation, error.errno)
  }
}

/// The fault of a file that should be an artifact.
public enum InvalidFile: Hashable, Sendable {
  /// Its size in bytes is too small for any artifact.
  case size(Int)
  /// Its first bytes, at most four, are not an artifact's.
  case magic([UInt8])
}

extension CacheError: CustomStringConvertible {
  /// The path, the failure, the reason, and the fix: `PATH: cannot write: no space left on device`.
  public var description: String { (path.map { "\($0): " } ?? "") + complaint }

  /// The same without the path, which the caller prints in front.
  package var complaint: String {
    switch self {
    case .notADirectory(let path):
      "is not a directory: choose another place" + (Self.isOnesOwnFile(path) ? ", or remove it" : "")
    case .foreignOwner(_, let owner):
      "belongs to user \(owner): whoever writes there decides what code runs; choose a directory of your own, or trust them"
    case .writableByOthers(_, let permissions) where permissions & 0o1000 != 0:
      "is everybody's: whoever writes there decides what code runs; name a directory of your own below it, or trust them"
    case .writableByOthers(let path, _):
      "can be written by other users: whoever writes there decides what code runs; \(Self.remedy(path)), or trust them"
    case .notWritable(_, let reason):
      "cannot be written to: \(reason)"
    case .noCache:
      "cannot open the cache: there is none: make one with `wasmprecompile`"
    case .io(_, let operation, let errno):
      "cannot \(operation): \(errno.reason)"
    case .givenUp(_, let operation, let reason):
      "cannot \(operation): \(reason)"
    case .unusableKey(_, let reason):
      reason
    case .refused(_, let fault):
      "\(fault)"
    case .missing(let module, let backend, let reason):
      "the cache has no artifact for \(backend.rawValue) of module \(module): \(reason.rawValue)"
        + (reason == .linkLost ? ": `wasmprecompile cache verify --repair` makes its links again" : "")
    case .invalidated:
      "holds code for another engine: compile the module again"
    case .invalidFile(_, .size(let bytes)):
      "is not an artifact: it has \(bytes) bytes"
    case .invalidFile(_, .magic(let start)):
      "is not an artifact: it starts with \(start.spacedHex), not with \(ArtifactFormat.wasmtime.magic.spacedHex)"
    case .component:
      "holds a component, not a core module: load it as a component"
    case .coreModule:
      "holds a core module, not a component: load it as a module"
    case .deserialize(_, let reason):
      "cannot be loaded: \(reason)"
    case .serialize(let reason):
      "the module cannot be stored: \(reason)"
    case .unsupportedBackend(let backend, let reason):
      "the engine has no backend \(backend.rawValue): \(reason)"
    case .noBackend:
      "the list of backends is empty"
    case .compile(let error):
      "\(error)"
    }
  }

  /// The complaint about a lower cache, which has to be there and is never made.
  package var lowerCacheComplaint: String {
    switch self {
    case .notADirectory: return "is not a directory: name the directory of a cache"
    case .io(let path, _, .noSuchFileOrDirectory) where Self.isDirectory(path):
      let version = CacheLayout.version
      if path.lastComponent?.string == version, Self.isDirectory(path.appending(CacheLayout.objects)) {
        return "is the `\(version)` of a cache: name the directory above, \(path.removingLastComponent())"
      }
      return Self.isDirectory(path.appending(version))
        ? "holds half a cache: its `\(version)` lacks `\(CacheLayout.objects)` or `\(CacheLayout.engines)`"
        : "holds no cache: there is no `\(version)` in it"
    default: return complaint
    }
  }

  /// What to do about a directory that others can write to: one command for a whole cache, and only for what is the user's.
  private static func remedy(_ path: FilePath) -> String {
    guard let status = try? Descriptor.status(of: path), status.owner == geteuid() else {
      return "choose a directory of your own"
    }
    var root = path
    if let version = path.components.lastIndex(where: { $0.string == CacheLayout.version }) {
      root = FilePath(root: path.root, path.components[..<version])
    }
    let isCache = isDirectory(root.appending(CacheLayout.version))
    return isCache ? "`chmod -R go-w \(root)` if they did no harm" : "`chmod go-w \(path)` if they did no harm"
  }

  /// Whether it can be removed without harm to anybody else: a device cannot.
  private static func isOnesOwnFile(_ path: FilePath) -> Bool {
    guard let status = try? Descriptor.status(of: path, followingLinks: false) else { return false }
    return status.owner == geteuid() && [.regular, .symbolicLink].contains(status.kind)
  }

  private static func isDirectory(_ path: FilePath) -> Bool { (try? Descriptor.status(of: path))?.kind == .directory }

  /// The file or directory that it is about; nil if it is about none.
  public var path: FilePath? {
    switch self {
    case .notADirectory(let path), .foreignOwner(let path, _), .writableByOthers(let path, _),
      .notWritable(let path, _), .noCache(let path), .unusableKey(let path, _), .refused(let path, _),
      .io(let path, _, _), .givenUp(let path, _, _),
      .invalidated(let path), .invalidFile(let path, _), .component(let path), .coreModule(let path),
      .deserialize(let path, _):
      path
    case .missing, .serialize, .unsupportedBackend, .noBackend, .compile: nil
    }
  }
}
