internal import Glibc
internal import LinuxIO

/// A command of the system that a test compares with.
package enum Tool {
  /// Runs `sh -c SCRIPT` with `arguments` as `$1`… and gives what it prints; fails unless it exits with 0.
  package static func shell(_ script: String, _ arguments: [String] = []) throws -> String {
    let output = try MemoryFile(name: "output")
    let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
    let process = try ChildProcess(
      executable: "/bin/sh", arguments: ["sh", "-c", script, "sh"] + arguments,
      environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"],
      descriptors: [nullDevice.raw, output.descriptor.raw, output.descriptor.raw])
    let end = process.wait()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: try output.descriptor.status().size, alignment: 1)
    defer { buffer.deallocate() }
    let text = String(decoding: buffer[..<(try output.descriptor.read(into: buffer, at: 0))], as: UTF8.self)
    guard end == .exited(status: 0) else { throw Failed(script: script, text: text) }
    return text
  }

  private struct Failed: Error, CustomStringConvertible {
    let script: String
    let text: String
    var description: String { "\(script): \(text)" }
  }
}
