import Testing

@testable import WasmCache

struct CacheLayoutTests {
  private static let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func namesStayTheSame() throws {
    let module = try WasmHash.decode(Self.digits)
    let artifact = try #require(ArtifactDigest(hex: Self.digits.utf8))
    #expect(CacheLayout.entryName(module, suffix: ".cwasm") == Self.digits + ".cwasm")
    for suffix in [".cwasm", ".so", ".wasmu"] {
      #expect(CacheLayout.module(ofEntry: Self.digits + suffix) == module, "whatever made it")
    }
    #expect(CacheLayout.objectName(artifact) == ("ba", String(Self.digits.dropFirst(2))))
    #expect(CacheLayout.entryTarget(artifact) == "../../objects/ba/" + Self.digits.dropFirst(2))
    #expect(CacheLayout.digest(ofTarget: CacheLayout.entryTarget(artifact).utf8) == artifact)
  }

  @Test(arguments: [
    "", ".cwasm", "engine.json", "lock", "\(digits)", "\(digits)0.cwasm", "\(digits)cwasm", "x\(digits).cwasm",
    "\(digits.uppercased()).cwasm",
    "\(digits.dropLast()).cwasm",
  ])
  func otherNamesAreNoEntries(_ name: String) { #expect(CacheLayout.module(ofEntry: name) == nil) }

  @Test(arguments: [
    "", "/etc/passwd", "../../objects/", "../../objects/ba/\(digits)", "../../objects/\(digits)x",
    "../../objects/\(digits.prefix(2))/../\(digits.dropFirst(5))",
    "../../objects/../\(digits.dropFirst(2))", "../../objects/ba//\(digits.dropFirst(3))",
    "../../objects/BA/\(digits.dropFirst(2))", "../../objects/ba/\(digits.dropFirst(3))",
    "../../objects/ba/\(digits.dropFirst(2))0", "../../objects/ba/\(digits.dropFirst(2))\0",
    "../../objects/ba/\(digits.dropFirst(3))\0", "../../objectz/ba/\(digits.dropFirst(2))",
    "/../objects/ba/\(digits.dropFirst(2))", "../objects/ba/\(digits.dropFirst(2))",
    "../../objects/b/\(digits.dropFirst(1))",
  ])
  func otherTargetsAreRefused(_ target: String) { #expect(CacheLayout.digest(ofTarget: target.utf8) == nil) }
}
