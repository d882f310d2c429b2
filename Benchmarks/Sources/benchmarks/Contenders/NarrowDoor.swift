internal import Glibc

/// nginx before a server, which lets no more than some number of a client's calls in at a time.
///
/// How many that are is the client's limit otherwise, which no option changes: what a server allows is the same for it.
final class NarrowDoor {
  let port: Int
  private let program: RunningProgram

  /// - Parameter calls: how many may be open at a time over one connection (RFC 9113, SETTINGS_MAX_CONCURRENT_STREAMS).
  init(to server: Int, calls: Int, at site: Site) throws {
    guard let nginx = try? Files.resolved("../.build/tools/nginx/usr/sbin/nginx") else {
      throw Unavailable("no nginx in ../.build/tools (`make -C .. setup-tests` brings it)")
    }
    let directory = "\(site.scratch)/nginx"
    try Files.makeDirectory(directory)
    port = try Sockets.freePort()
    // nginx closes a connection after some requests, which is not what is measured.
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(directory)/\($0);" }
    try Files.write(
      """
      daemon off; master_process off; worker_processes 1; pid \(directory)/nginx.pid;
      error_log stderr crit;
      events { worker_connections 512; }
      http {
        access_log off; client_max_body_size 0; \(places.joined(separator: " "))
        keepalive_requests 1000000; http2_max_concurrent_streams \(calls);
        upstream casd { server 127.0.0.1:\(server); keepalive 64; keepalive_requests 1000000; }
        server { listen 127.0.0.1:\(port) http2; location / { grpc_pass grpc://casd; } }
      }

      """, to: "\(directory)/nginx.conf")
    program = try RunningProgram(
      [nginx, "-e", "stderr", "-c", "\(directory)/nginx.conf", "-p", directory], environment: site.launcher.environment)
    try program.waitUntilListening(at: port)
  }
}
