internal import ArgumentParser

/// The address of a cache on another machine as an argument: `grpc(s)://host:port[/instance]`, `http(s)://host[:port][/path]`,
/// or `none`, which takes back what is set elsewhere.
struct RemoteAddress: OptionValue, Hashable {
  /// Nil for `none`.
  let text: String?
  private let scheme: String
  private let host: String

  static let expectation = "grpc://HOST:PORT[/INSTANCE], grpcs://…, http://HOST[:PORT][/PATH], https://…, or none"

  private static let schemes = ["grpc", "grpcs", "http", "https"]

  init?(argument: String) {
    if argument == "none" {
      (text, scheme, host) = (nil, "", "")
      return
    }
    // What the helper program looks at more closely when it connects.
    guard argument.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let mark = argument.firstRange(of: "://"),
      let scheme = Self.schemes.first(where: { $0 == argument[..<mark.lowerBound].lowercased() })
    else { return nil }
    let rest = argument[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard !authority.contains("@"), !rest.contains("?"), !rest.contains("#"),
      let (host, port) = Self.split(authority), !host.isEmpty
    else { return nil }
    if let port {
      guard let number = UInt16(port), number > 0 else { return nil }
    } else if scheme.hasPrefix("grpc") {
      return nil
    }
    text = argument
    self.scheme = scheme
    self.host = String(host)
  }

  /// - Returns: the host without brackets, and the port's digits; nil for a text that is neither.
  private static func split(_ authority: Substring) -> (host: Substring, port: Substring?)? {
    guard authority.hasPrefix("[") else {
      let host = authority.prefix { $0 != ":" }
      return (host, host.endIndex == authority.endIndex ? nil : authority[host.endIndex...].dropFirst())
    }
    guard let end = authority.firstIndex(of: "]") else { return nil }
    let rest = authority[end...].dropFirst()
    guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
    return (authority[..<end].dropFirst(), rest.isEmpty ? nil : rest.dropFirst())
  }

  /// Whether there may be workers, too.
  var executes: Bool { scheme.hasPrefix("grpc") }

  /// Whether what is sent is encrypted.
  var usesTLS: Bool { scheme.hasSuffix("s") }

  /// The address with encryption.
  var withTLS: String { text.map { "\(scheme)s\($0.dropFirst(scheme.count))" } ?? "" }

  /// Whether what is sent stays on this machine.
  var isLoopback: Bool {
    host == "localhost" || host == "::1"
      || host.hasPrefix("127.") && host.split(separator: ".").count == 4
        && host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
  }
}
