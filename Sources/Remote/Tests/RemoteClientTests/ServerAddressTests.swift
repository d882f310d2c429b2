import RemoteClient
import RemoteProtocol
import Testing

@Suite struct ServerAddressTests {
  @Test func addressesAreTakenApart() throws {
    let plain = try ServerAddress("grpc://cache.example:8980")
    #expect(plain.transport == .grpc && !plain.usesTLS && plain.host == "cache.example" && plain.port == 8980)
    #expect(plain.path == "" && plain.description == "grpc://cache.example:8980")
    let instance = try ServerAddress("GRPCS://[2001:db8::1]:443/main/x/")
    #expect(instance.usesTLS && instance.host == "2001:db8::1" && instance.port == 443 && instance.path == "main/x")
    #expect(instance.description == "grpcs://[2001:db8::1]:443/main/x")
    let http = try ServerAddress("http://10.0.0.1/cache")
    #expect(http.transport == .http && http.port == 80 && http.path == "cache")
    #expect(try ServerAddress("https://cache.example").port == 443)
  }

  @Test(arguments: [
    ("cache.example:8980", "the address does not begin with a known scheme"),
    ("ftp://cache.example:1", "the address does not begin with a known scheme"),
    ("grpc://cache.example", "the address has no port"),
    ("grpc://:8980", "the address has no host"),
    ("grpc://[::1:8980", "the address has no host"),
    ("grpc://cache.example:0", "the port is not between 1 and 65535"),
    ("grpc://cache.example:65536", "the port is not between 1 and 65535"),
    ("grpc://cache.example:99999999999999999999", "the port is not between 1 and 65535"),
    ("grpc://cache.example:x", "the port is not between 1 and 65535"),
    ("http://user:word@cache.example/", "the address has a user: a token comes from a file"),
    ("http://cache.example/?a", "the address has a query or a fragment"),
    ("grpc://cache.example:1/a/blobs", "no instance may have “blobs” in its name"),
    ("http://cache.example/a b", "the address has characters of no address"),
    ("http://cache.example/\r\nX: y", "the address has characters of no address"),
  ])
  func othersAreRefusedWithTheFix(_ text: String, _ reason: String) {
    let fix = "write grpc://HOST:PORT[/INSTANCE], grpcs://…, http://HOST[:PORT][/PATH] or https://…"
    #expect(throws: RemoteTrouble(.misconfigured, "\(text): \(reason): \(fix)")) { try ServerAddress(text) }
  }
}
