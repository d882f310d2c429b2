internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

/// The two files of a pair of keys.
struct KeyPairFiles {
  let publicFile: FilePath
  let secretFile: FilePath

  init(_ directory: FilePath, name: String) {
    publicFile = directory.appending(name + SigningKey.publicSuffix)
    secretFile = directory.appending(name + SigningKey.suffix)
  }

  /// Whether files can be called so, in every shell and tool.
  static func isName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || isDigit(first) else {
      return false
    }
    return text.utf8.count <= 64
      && text.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || isDigit($0) || "._-".unicodeScalars.contains($0))
      }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  /// Writes both, or none of them.
  func write(_ key: SigningKey) throws(RunFailure) {
    // Its own directory is made; one above that is missing was misspelled.
    try? Descriptor.open(".", O_RDONLY | O_DIRECTORY).makeDirectory(secretFile.removingLastComponent(), mode: 0o755)
    try write(key.text, to: secretFile, mode: 0o600)
    do throws(RunFailure) { try write(key.verificationKey.text, to: publicFile, mode: 0o644) } catch {
      unlink(secretFile)
      throw error
    }
  }

  private func write(_ text: String, to path: FilePath, mode: UInt32) throws(RunFailure) {
    do throws(SystemError) {
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
      do throws(SystemError) {
        try file.write(all: text)
        try file.synchronizeData()
      } catch {
        unlink(path)
        throw error
      }
    } catch {
      let reason =
        error.errno == .fileExists
        ? "is there already, and a key is never overwritten: choose another --name, or another directory"
        : "cannot write the key: \(error)"
      throw RunFailure(status: .cacheUnwritable, message: "\(path.printable): \(reason)")
    }
  }

  private func unlink(_ path: FilePath) { _ = path.withPlatformString { Glibc.unlink($0) } }
}
