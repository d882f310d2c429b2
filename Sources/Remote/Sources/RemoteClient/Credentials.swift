internal import GRPCNIOTransportHTTP2Posix
internal import LinuxIO
internal import NIOSSL
package import RemoteProtocol

/// What tells us the server, and the server us: everything is read from files before anything is heard from the network.
package struct Credentials: Sendable {
  /// In PEM form, as in the files; nil where there is no file.
  private let authorities: [UInt8]?
  private let certificate: [UInt8]?
  private let key: [UInt8]?
  package let token: TokenFile?

  private static let largest = 1 << 20

  package init(_ settings: RemoteSettings) throws(RemoteTrouble) {
    authorities = try Self.read(settings.authorities, "--remote-ca")
    certificate = try Self.read(settings.certificate, "--remote-certificate")
    key = try Self.read(settings.certificateKey, "--remote-key")
    token = settings.token.isEmpty ? nil : try TokenFile(settings.token)
    for (bytes, path, option) in [
      (authorities, settings.authorities, "--remote-ca"), (certificate, settings.certificate, "--remote-certificate"),
    ] {
      guard let bytes else { continue }
      let count = (try? NIOSSLCertificate.fromPEMBytes(bytes).count) ?? 0
      if count == 0 { throw Self.unfit(path, "it has no certificate in PEM form", option) }
    }
    guard (certificate == nil) == (key == nil) else {
      throw RemoteTrouble(
        .misconfigured,
        "a client's certificate needs its key, and a key its certificate: give both --remote-certificate and --remote-key"
      )
    }
    guard let key else { return }
    if (try? NIOSSLPrivateKey(bytes: key, format: .pem)) == nil {
      throw Self.unfit(
        settings.certificateKey, "it has no private key in PEM form without a passphrase", "--remote-key")
    }
    do { _ = try NIOSSLContext(configuration: tls) } catch {
      throw Self.unfit(settings.certificateKey, "it is not the key of \(settings.certificate)", "--remote-key")
    }
  }

  private static func read(_ path: String, _ option: String) throws(RemoteTrouble) -> [UInt8]? {
    if path.isEmpty { return nil }
    do { return try RegularFile(path).contents(limit: largest) } catch { throw unfit(path, "\(error)", option) }
  }

  static func unfit(_ path: String, _ reason: String, _ option: String) -> RemoteTrouble {
    RemoteTrouble(.misconfigured, "\(path): \(reason): give another file with \(option)")
  }

  /// For connections that are not the gRPC library's.
  var tls: TLSConfiguration {
    get throws {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.minimumTLSVersion = .tlsv12
      if let authorities { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities)) }
      if let certificate, let key {
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
      }
      return tls
    }
  }

  /// The same for the gRPC library.
  var grpc: HTTP2ClientTransport.Posix.TransportSecurity.TLS {
    .defaults { tls in
      if let authorities { tls.trustRoots = .certificates([.bytes(authorities, format: .pem)]) }
      if let certificate, let key {
        tls.certificateChain = [.bytes(certificate, format: .pem)]
        tls.privateKey = .bytes(key, format: .pem)
      }
    }
  }

  /// Adds what may help a server to know us, where it does not.
  func advising(_ trouble: RemoteTrouble, usesTLS: Bool) -> RemoteTrouble {
    // nginx answers so whom it does not know, and gRPC has no code for that.
    if usesTLS, certificate == nil, trouble.reason.contains("HTTP Status Code (400 ") {
      return RemoteTrouble(.denied, "\(trouble.reason): it may want a client's certificate (--remote-certificate)")
    }
    guard trouble.kind == .denied else { return trouble }
    let advice = token.map { "it does not accept the token in \($0.path)" } ?? "give a token with --remote-token-file"
    return RemoteTrouble(.denied, "\(trouble.reason): \(advice)")
  }

  /// What of the settings is in use.
  func facts(_ settings: RemoteSettings, usesTLS: Bool) -> [RemoteFact] {
    let trusted = authorities == nil ? "the system's authorities" : "the authorities in \(settings.authorities)"
    return [
      RemoteFact("TLS", usesTLS ? "yes, with \(trusted)" : "no"),
      RemoteFact("client certificate", certificate == nil || !usesTLS ? "none" : settings.certificate),
      RemoteFact("token", token == nil ? "none" : "from \(settings.token)"),
      RemoteFact("salt", settings.salt.isEmpty ? "none" : "\(settings.salt)"),
      RemoteFact("patience", Patience.seconds(UInt64(settings.patience) * 1_000_000)),
      RemoteFact("calls", "\(settings.calls) at a time"),
    ]
  }
}
