import Glibc
import LinuxIO
import RemoteProtocol
import SystemPackage
import TestSupport

@testable import RemoteClient

/// buildbox-casd with workers, and a shell as a program for them, which takes everything that it needs along.
enum CasdWorkers {
  // Where programs name their loader, by the ABI of each architecture.
  #if arch(x86_64)
    private static let loader = "/lib64/ld-linux-x86-64.so.2"
  #else
    private static let loader = "/lib/ld-linux-aarch64.so.1"
  #endif

  private static let (shell, library) = ("/bin/dash", "/lib/\(machine)-linux-gnu/libc.so.6")

  #if arch(x86_64)
    private static let machine = "x86_64"
  #else
    private static let machine = "aarch64"
  #endif

  static var areThere: Bool {
    RealServers.haveWorkers && [loader, shell, library].allSatisfy { RealServers.isThere($0, R_OK) }
  }

  static func start(in directory: TemporaryDirectory) throws -> RealServer {
    try RealServers.startCasd(in: directory, hasWorkers: true)
  }

  /// The files of a shell, by their places.
  static let files: [(path: String, bytes: [UInt8])] = [
    ("lib/ld.so", loader), ("lib/libc.so.6", library), ("sh", shell),
  ].map { path, file in (path, (try? Descriptor.open(file, O_RDONLY).contents()) ?? []) }

  static let subject = Array("the subject\n".utf8)

  static func request(_ number: UInt32, _ script: String, timeout: UInt32 = 30) -> RemoteRequest {
    .execute(
      number: number,
      RemoteExecution(
        arguments: ["lib/ld.so", "--library-path", "lib", "./sh", "-c", script],
        inputs: files.map { .init(path: $0.path, .of($0.bytes), isExecutable: true) },
        subject: .init(path: "in", .of(subject)), output: "out", refusal: 65, timeout: timeout, largest: 1 << 20))
  }

  /// Whether some process has a text among its arguments.
  static func isExecuting(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard let processes = try? Tool.shell("cat /proc/[0-9]*/cmdline 2> /dev/null || true", []) else { return false }
    return Array(processes.utf8).firstRange(of: wanted) != nil
  }
}
