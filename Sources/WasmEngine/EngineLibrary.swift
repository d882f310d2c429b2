internal import CWasmtime
internal import Glibc
internal import LinuxIO
internal import Synchronization
public import SystemPackage

/// One libwasmtime, loaded into this process.
///
/// It must be the library that the program also runs its modules with: an artifact is only good for the exact build that
/// made it. The library is never unloaded: it owns threads and signal handlers.
public final class EngineLibrary: Sendable {
  /// The path that the library was loaded from.
  public let path: FilePath
  /// The file that was loaded.
  package let file: EngineFile
  let api: CWasmtimeAPI

  /// Loads the library at `path`.
  ///
  /// A library that the process has already, linked or loaded, is shared with it.
  ///
  /// - Throws: ``EngineError/cannotLoad(reason:)``, or ``EngineError/notWasmtime(missingFunction:)``.
  public init(path: FilePath) throws(EngineError) {
    self.path = path
    file = try LoadedEngineFiles.open(path)
    // The path is that of the descriptor, so that the file that is identified is the one that is loaded.
    api = CWasmtimeAPI(try Self.load("/proc/self/fd/\(file.descriptor.raw)"))
  }

  static func load(_ name: String) throws(EngineError) -> UnsafePointer<cwasmtime_api_t> {
    var table: UnsafePointer<cwasmtime_api_t>?
    let capacity = 1024
    let detail = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
    defer { detail.deallocate() }
    let result = cwasmtime_open(name, &table, detail, capacity)
    if let table { return table }
    let text = String(cString: detail)
    if result == CWASMTIME_MISSING_FUNCTION { throw .notWasmtime(missingFunction: text) }
    // The linker's messages open with the name. The caller knows a better one: this is that of a descriptor.
    if access("/proc/self/fd", F_OK) != 0 {
      throw .cannotLoad(reason: "/proc is not mounted, through which it is loaded")
    }
    let prefix = "\(name): "
    throw .cannotLoad(reason: text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
  }

  /// Whether this release knows Pulley's target; one that does not aborts the process when asked for it.
  package var supportsPulley: Bool { api.table.pulley != nil }

  /// Whether this release can compile components through its C API; releases before 36 cannot.
  public var supportsComponents: Bool { api.table.components != nil }

  /// Takes over an error of the library and gives its message; nil for no error.
  func message(taking error: OpaquePointer?) -> String? {
    guard let error else { return nil }
    defer { api.table.error_delete(error) }
    var bytes = cwasmtime_bytes_t()
    api.table.error_message(error, &bytes)
    defer { api.table.bytes_delete(&bytes) }
    return String(decoding: UnsafeRawBufferPointer(start: bytes.data, count: bytes.size), as: UTF8.self)
  }
}

/// The library's functions.
///
/// `@unchecked`, because the tables are never changed or freed after loading, and the library's documentation lets any
/// thread call the functions.
struct CWasmtimeAPI: @unchecked Sendable {
  let pointer: UnsafePointer<cwasmtime_api_t>

  init(_ pointer: UnsafePointer<cwasmtime_api_t>) { self.pointer = pointer }

  var table: cwasmtime_api_t { pointer.pointee }
}

/// The engine files that this process has loaded, kept open for as long as it lives.
///
/// The dynamic linker knows a library by the name it was loaded under, here the one of its descriptor. If that were closed
/// and its number given to another library, the linker would take the one for the other.
private enum LoadedEngineFiles {
  private static let files = Mutex<[FileStamp: EngineFile]>([:])

  static func open(_ path: FilePath) throws(EngineError) -> EngineFile {
    let file: EngineFile
    do { file = try EngineFile(EngineLocation(path: path, origin: .option)) } catch {
      throw .cannotLoad(reason: error.description)
    }
    return files.withLock { files in
      if let known = files[file.stamp] { return known }
      files[file.stamp] = file
      return file
    }
  }
}

/// Why an engine could not be used, or could not compile a module.
public enum EngineError: Error, Hashable, Sendable {
  /// The dynamic linker refused the file.
  case cannotLoad(reason: String)
  /// The file is a library, but lacks a function that every supported libwasmtime has.
  case notWasmtime(missingFunction: String)
  /// The engine cannot be configured as wanted.
  case unsupportedSettings(reason: String)
  /// The engine has no component API.
  case componentsUnsupported
  /// A component was given as a core module, or the other way round; what it is.
  case wrongKind(ModuleKind)
  /// The module was refused; the engine's message, on one line.
  case invalidModule(message: String)
  /// The module compiled but could not be turned into bytes.
  case cannotSerialize(message: String)
}

extension EngineError: CustomStringConvertible {
  /// The failure and its reason, to be used in the middle of a sentence.
  public var description: String {
    switch self {
    case .cannotLoad(let reason): "the engine cannot be loaded: \(reason)"
    case .notWasmtime(let function): "the engine is not a libwasmtime: it has no function \(function)"
    case .unsupportedSettings(let reason): "the engine cannot be configured: \(reason)"
    case .componentsUnsupported: "the engine has no component API: release 36 or later has"
    case .wrongKind(let kind):
      kind == .component ? "it is a component, not a core module" : "it is a core module, not a component"
    case .invalidModule(let message): "the module is not valid: \(message)"
    case .cannotSerialize(let message): "the module cannot be serialized: \(message)"
    }
  }
}

extension EngineError {
  /// Whether the kernel gave the engine no more memory, which it reports like any other reason.
  package var isOutOfMemory: Bool {
    switch self {
    case .invalidModule(let message), .cannotSerialize(let message): message.contains("(os error \(ENOMEM))")
    default: false
    }
  }
}
