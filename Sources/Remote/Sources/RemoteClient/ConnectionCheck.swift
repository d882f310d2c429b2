internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import RemoteProtocol
internal import SystemPackage

/// Finds out, and says, what connecting to a server fails of. The gRPC library only says that there is no connection.
struct ConnectionCheck: Sendable {
  private let address: ServerAddress
  private let credentials: Credentials
  private let settings: RemoteSettings

  init(_ address: ServerAddress, _ credentials: Credentials, _ settings: RemoteSettings) {
    self.address = address
    self.credentials = credentials
    self.settings = settings
  }

  /// - Parameter protocols: what is to be spoken, by the names that TLS has for it (ALPN).
  /// - Returns: nil if a connection can be made.
  func trouble(protocols: [String]) async -> RemoteTrouble? {
    do {
      let channel = try await Connecting(address, credentials, settings, protocols: protocols).connect { _ in }
      channel.close(promise: nil)
      return nil
    } catch {
      return Self.trouble(error, address, settings)
    }
  }

  /// Says in words what a connection failed of.
  static func trouble(_ error: any Error, _ address: ServerAddress, _ settings: RemoteSettings) -> RemoteTrouble {
    if let trouble = error as? RemoteTrouble { return trouble }
    if case .connectTimeout = error as? ChannelError {
      let patience = Patience.seconds(UInt64(settings.patience) * 1_000_000)
      return RemoteTrouble(.silent, "no connection within \(patience)")
    }
    if let error = error as? NIOConnectionError {
      if let first = error.connectionErrors.first {
        return trouble(first.error, address, settings)
      }
      return RemoteTrouble(.unreachable, "the name \(address.host) has no address")
    }
    if let error = error as? IOError {
      return RemoteTrouble(.unreachable, "\(Errno(rawValue: error.errnoCode).reasonInLowercase)")
    }
    if let error = error as? HTTPParserError, error != .invalidEOFState {
      return RemoteTrouble(.unsuitable, "the server does not speak HTTP/1.1 there")
    }
    if error is HTTPParserError || error as? ChannelError == .eof {
      return RemoteTrouble(.unreachable, "the server has closed the connection")
    }
    let text = "\(error)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") || error is NIOSSLExtraError
      || text.contains("unableToValidateCertificate")
    {
      return RemoteTrouble(
        .misconfigured,
        "the server's certificate is not for \(address.host), has expired, or is of an authority that is not trusted:"
          + " name the authority's file with --remote-ca")
    }
    if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
      return RemoteTrouble(.misconfigured, "the server does not speak TLS there: try \(plain(address))")
    }
    if text.contains("CERTIFICATE_REQUIRED") || text.contains("BAD_CERTIFICATE") || text.contains("UNKNOWN_CA") {
      return RemoteTrouble(
        .denied,
        "the server does not accept our certificate: give one with --remote-certificate and --remote-key")
    }
    if error is NIOSSLError { return RemoteTrouble(.unsuitable, "TLS fails: \(text)") }
    return RemoteTrouble(.unreachable, "the connection was closed: \(text)")
  }

  private static func plain(_ address: ServerAddress) -> String {
    "\(address.transport == .grpc ? "grpc" : "http")://…"
  }
}

extension Errno {
  /// `connection refused`
  fileprivate var reasonInLowercase: String { description.prefix(1).lowercased() + description.dropFirst() }
}
