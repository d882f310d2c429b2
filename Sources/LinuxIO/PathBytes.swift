internal import Glibc
package import SystemPackage

extension FilePath {
  /// The path that these bytes spell, up to the first NUL; names need not be UTF-8.
  package init(bytes: [UInt8]) { self.init(bytes: bytes[...]) }

  /// Not for any sequence: a start would take 0.1 ms for generic code.
  package init(bytes: ArraySlice<UInt8>) {
    self = (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CInterop.PlatformChar.self) { text in
        text.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
      }
    }
  }

  /// The path's bytes, as the kernel sees them.
  package var bytes: [UInt8] { withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } }

  /// The path without its last component, as `removingLastComponent()` has it, which takes 0.1 ms of a start for generic code.
  package var parent: FilePath {
    let bytes = bytes
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return FilePath() }
    return FilePath(bytes: bytes[..<Swift.max(slash, 1)])
  }

  /// The path from the root with every symbolic link followed; nil if it leads nowhere.
  package var resolved: FilePath? {
    guard let text = withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(text) }
    return FilePath(platformString: text)
  }

  /// The path seen from the root, without `.` and `..` where that needs no look at the disk.
  package var absolute: FilePath {
    guard isRelative, let directory = getcwd(nil, 0) else { return self }
    defer { free(directory) }
    return FilePath(platformString: directory).pushing(self)
  }
}
