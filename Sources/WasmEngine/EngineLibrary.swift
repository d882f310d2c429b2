internal import CWasmtime
public import SystemPackage

/// One libwasmtime, loaded into this process.
///
/// The library is never unloaded: it owns threads and signal handlers.
public final class EngineLibrary: Sendable {
  public let path: FilePath
  let api: CWasmtimeAPI

  /// Loads the library at `path`.
  public init(path: FilePath) throws(EngineError) {
    self.path = path
    var table = cwasmtime_api_t()
    let detail = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1024)
    defer { detail.deallocate() }
    let result = path.withPlatformString { cwasmtime_open($0, &table, detail.baseAddress, detail.count) }
    let text = detail.baseAddress.map { String(cString: $0) } ?? ""
    switch result {
    case CWASMTIME_OPENED: api = CWasmtimeAPI(table)
    case CWASMTIME_MISSING_FUNCTION: throw .notWasmtime(missingFunction: text)
    default:
      // The linker's messages open with the path, which whoever reports this knows better: it may be one in /proc.
      let prefix = "\(path): "
      throw .cannotLoad(reason: text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    }
  }

  /// Whether this release can compile components through its C API.
  public var supportsComponents: Bool {
    api.table.component_new != nil && api.table.component_serialize != nil && api.table.component_delete != nil
  }

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

/// The library's functions; immutable after loading, and callable from any thread by the API's documentation, which is
/// what permits `@unchecked`.
struct CWasmtimeAPI: @unchecked Sendable {
  let table: cwasmtime_api_t

  init(_ table: cwasmtime_api_t) { self.table = table }
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
  /// The module was refused; the engine's message, on one line.
  case invalidModule(message: String)
  /// The module compiled but could not be turned into bytes.
  case cannotSerialize(message: String)
}
