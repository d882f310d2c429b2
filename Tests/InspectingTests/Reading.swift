import TestSupport

@testable import Inspecting

extension WasmModule {
  init(_ bytes: [UInt8]) throws(FormatError) {
    self = try bytes.withUnsafeBytes { bytes in Result { () throws(FormatError) in try WasmModule(bytes) } }.get()
  }
}

extension WasmComponent {
  init(_ bytes: [UInt8]) throws(FormatError) {
    self = try bytes.withUnsafeBytes { bytes in Result { () throws(FormatError) in try WasmComponent(bytes) } }.get()
  }
}
