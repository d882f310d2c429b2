package import RemoteProtocol

/// Where a server is, and how it is spoken to.
package struct ServerAddress: Hashable, Sendable {
  package enum Transport: Hashable, Sendable {
    /// The Remote Execution API, version 2.
    case grpc
    /// Bazel's cache protocol: `/ac/` and `/cas/`.
    case http
  }

  package let transport: Transport
  package let usesTLS: Bool
  /// A name or an address, without the brackets of one of IPv6.
  package let host: String
  package let port: Int
  /// The instance's name, or the path before `/ac/`; without slashes at its ends, and empty where there is none.
  package let path: String

  private static let schemes: [String: (Transport, usesTLS: Bool, defaultPort: Int?)] = [
    "grpc": (.grpc, false, nil), "grpcs": (.grpc, true, nil), "http": (.http, false, 80), "https": (.http, true, 443),
  ]

  /// - Parameter text: `grpc(s)://host:port[/instance]` or `http(s)://host[:port][/path]`.
  package init(_ text: String) throws(RemoteTrouble) {
    func refuse(_ reason: String) -> RemoteTrouble {
      RemoteTrouble(
        .misconfigured,
        "\(text): \(reason): write grpc://HOST:PORT[/INSTANCE], grpcs://…, http://HOST[:PORT][/PATH] or https://…")
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw refuse("the address has characters of no address")
    }
    guard let colon = text.firstRange(of: "://"),
      let (transport, usesTLS, defaultPort) = Self.schemes[text[..<colon.lowerBound].lowercased()]
    else { throw refuse("the address does not begin with a known scheme") }
    let rest = text[colon.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    let path = rest[authority.endIndex...].trimming("/")
    guard !authority.contains("@") else { throw refuse("the address has a user: a token comes from a file") }
    guard !rest.contains("?"), !rest.contains("#") else { throw refuse("the address has a query or a fragment") }
    guard let (host, port) = Self.split(authority), !host.isEmpty else { throw refuse("the address has no host") }
    if let port, !(1...65535).contains(port) { throw refuse("the port is not between 1 and 65535") }
    guard let port = port ?? defaultPort else { throw refuse("the address has no port") }
    if transport == .grpc, let word = path.split(separator: "/").first(where: { Self.reserved.contains(String($0)) }) {
      throw refuse("no instance may have “\(word)” in its name")
    }
    (self.transport, self.usesTLS, self.host, self.port, self.path) = (transport, usesTLS, host, port, path)
  }

  /// Words that have a meaning in the names of resources, so that no instance may have them
  /// (remote_execution.proto, ContentAddressableStorage).
  private static let reserved: Set<String> = [
    "blobs", "uploads", "actions", "actionResults", "operations", "capabilities", "compressed-blobs",
  ]

  /// - Returns: the host, and the port if there is one; a port that is no number is 0. Nil if it is neither.
  private static func split(_ authority: Substring) -> (String, Int?)? {
    let isBracketed = authority.hasPrefix("[")
    let end = isBracketed ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let end else { return nil }
    let host = String(isBracketed ? authority[..<end].dropFirst() : authority[..<end])
    let rest = isBracketed ? authority[end...].dropFirst() : authority[end...]
    if rest.isEmpty { return (host, nil) }
    guard rest.hasPrefix(":") else { return nil }
    let digits = rest.dropFirst()
    return (host, digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) ?? 0 : 0)
  }

  /// The host and the port, as in an address.
  package var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

extension ServerAddress: CustomStringConvertible {
  package var description: String {
    (transport == .grpc ? "grpc" : "http") + (usesTLS ? "s" : "") + "://" + authority + (path.isEmpty ? "" : "/" + path)
  }
}

extension Substring {
  fileprivate func trimming(_ character: Character) -> String {
    var text = drop { $0 == character }
    while text.last == character { text.removeLast() }
    return String(text)
  }
}
