import Glibc
import SystemPackage

/// A directory of its own for one test, removed with everything in it.
final class TemporaryTree: Sendable {
  let path: FilePath

  init() {
    var template = Array("/tmp/scan-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(Errno(rawValue: errno))") }
    path = template.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? "" }
  }

  deinit {
    Self.remove(path)
  }

  /// Makes a file, with the directories above it.
  @discardableResult
  func file(_ name: String, size: Int = 8) -> FilePath {
    file(bytes: Array(name.utf8), size: size)
  }

  @discardableResult
  func file(bytes name: [UInt8], size: Int = 8) -> FilePath {
    let file = path(bytes: name)
    makeParents(of: file)
    let descriptor = file.withPlatformString { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
    check(descriptor, file)
    check(ftruncate(descriptor, size), file)
    close(descriptor)
    return file
  }

  @discardableResult
  func directory(_ name: String) -> FilePath {
    let directory = path(name)
    makeParents(of: path(name + "/x"))
    return directory
  }

  @discardableResult
  func link(_ name: String, to target: String) -> FilePath {
    let link = path(name)
    makeParents(of: link)
    check(link.withPlatformString { symlink(target, $0) }, link)
    return link
  }

  @discardableResult
  func fifo(_ name: String) -> FilePath {
    let fifo = path(name)
    makeParents(of: fifo)
    check(fifo.withPlatformString { mkfifo($0, 0o644) }, fifo)
    return fifo
  }

  @discardableResult
  func socket(_ name: String) -> FilePath {
    let socket = path(name)
    makeParents(of: socket)
    check(socket.withPlatformString { mknod($0, S_IFSOCK | 0o644, 0) }, socket)
    return socket
  }

  func path(_ name: String) -> FilePath { path(bytes: Array(name.utf8)) }

  func path(bytes name: [UInt8]) -> FilePath {
    let prefix = path.withPlatformString { String(cString: $0) }
    return (Array(prefix.utf8) + [UInt8(ascii: "/")] + name + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { FilePath(platformString: $0) } ?? "" }
    }
  }

  /// Removes whatever has this path.
  static func remove(_ path: FilePath) {
    remove(path.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) })
  }

  // In arrays of bytes, as is `makeParents`: what a FilePath checks in a debug build takes minutes in deep trees.
  private static func remove(_ path: [CChar]) {
    if unlink(path + [0]) == 0 { return }
    chmod(path + [0], 0o700)
    guard let stream = opendir(path + [0]) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { $0.bindMemory(to: CChar.self).prefix { $0 != 0 } }
      if name.elementsEqual([46]) || name.elementsEqual([46, 46]) { continue }
      remove(path + [47] + name)
    }
    closedir(stream)
    rmdir(path + [0])
  }

  private func makeParents(of path: FilePath) {
    let path = path.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
    for index in path.indices.dropFirst() where path[index] == 47 {
      guard mkdir(Array(path[..<index]) + [0], 0o755) == 0 || errno == EEXIST else { fatalError("mkdir: \(errno)") }
    }
  }

  private func check(_ result: Int32, _ path: FilePath) {
    guard result >= 0 else { fatalError("\(path): \(Errno(rawValue: errno))") }
  }
}
