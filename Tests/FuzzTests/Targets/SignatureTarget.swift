import SystemPackage
import WasmEngine

@testable import WasmCache

/// Keys and signatures as files hold them.
enum SignatureTarget {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let text = Array(bytes)
    let name = FilePath("key.pub")
    if let key = try? VerificationKey(text: text, name: name) {
      let again = try VerificationKey(text: Array(key.text.utf8), name: name)
      try Finding.unless(again == key, "another key when it is written and read again")
      try Finding.unless((try? SigningKey(text: text, name: name)) == nil, "a public key is taken for a secret one")
    }
    if let key = try? SigningKey(text: text, name: "key.sec") {
      let again = try SigningKey(text: Array(key.text.utf8), name: "key.sec")
      try Finding.unless(again.verificationKey == key.verificationKey, "another key when it is written and read again")
    }
    guard let file = try? SignatureFile(text) else { return }
    try Finding.unless(text.count <= SignatureFile.largest, "too large")
    // Nobody has signed this with a key that is made just now.
    let key = VerificationKey(name: "key.pub", id: file.key, point: SigningKey(generating: "key").verificationKey.point)
    let statement = ArtifactStatement(
      ArtifactIdentity(
        format: .wasmtime, wish: CompileWish(backend: .cranelift), version: "1", target: "x", record: [], build: []),
      .generate([]), ArtifactDigest(WasmHash.generate([]).digest))
    try Finding.unless((try? TrustedKeys([key]).verify(text, of: statement)) == nil, "a signature by nobody is good")
  }
}
