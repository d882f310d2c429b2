package import SystemPackage

/// Text that names a file: raw bytes, because names need not be UTF-8.
package protocol PathText {
  func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result
}

extension String: PathText {
  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withCString(body) }
}

extension FilePath: PathText {
  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withPlatformString(body) }
}

extension FilePath.Component: PathText {
  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withPlatformString(body) }
}

/// A path in an array of bytes that ends with NUL, which costs less than the `FilePath` that it would make.
package struct TerminatedPath: PathText {
  private let bytes: [UInt8]

  /// - Parameter bytes: the last one is NUL.
  package init(_ bytes: [UInt8]) {
    precondition(bytes.last == 0)
    self.bytes = bytes
  }

  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in text.baseAddress.map(body) ?? body("") }
    }
  }
}
