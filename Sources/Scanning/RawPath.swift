internal import SystemPackage

// Paths are bytes: the scanner keeps them as arrays, which a FilePath would have to be turned into for every step.

extension [UInt8] {
  /// Calls `body` with a C string, for bytes that end with NUL already.
  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    precondition(last == 0)
    return withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        characters.baseAddress.map(body) ?? body([0])
      }
    }
  }
}

extension FilePath {
  /// From bytes without NUL.
  init(bytes: some Collection<UInt8>) {
    self = (Array(bytes) + [0]).withCString { FilePath(platformString: $0) }
  }

  /// Without NUL.
  var bytes: [UInt8] {
    withPlatformString { start in
      Array(UnsafeRawBufferPointer(start: start, count: length))
    }
  }
}
