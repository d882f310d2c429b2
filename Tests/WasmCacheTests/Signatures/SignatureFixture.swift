import FoundationEssentials
import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import WasmEngine

@testable import WasmCache

/// Keys of one test's own, and statements to sign with them.
struct SignatureFixture {
  let key = SigningKey(generating: "ci")
  let other = SigningKey(generating: "other")
  var trusted: TrustedKeys { TrustedKeys([key.verificationKey]) }

  static func statement(
    _ module: String = "module", build: UInt8 = 1, artifact: String = "artifact"
  ) -> ArtifactStatement {
    ArtifactStatement(
      CacheFixture.identity(build: build), .generate(Array(module.utf8)), digest(Array(artifact.utf8)))
  }

  /// An artifact's digest, which is hashed as a module's is.
  static func digest(_ artifact: [UInt8]) -> ArtifactDigest { ArtifactDigest(WasmHash.generate(artifact).digest) }

  /// The lines of a signature file, without their ends.
  static func lines(_ file: [UInt8]) -> [String] {
    String(decoding: file, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static func file(_ lines: [String]) -> [UInt8] { Array(lines.joined(separator: "\n").utf8) }

  static func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }

  static func bytes(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map(Array.init) ?? [] }

  /// What is wrong with a signature; nil if it is good.
  func fault(_ file: [UInt8], _ statement: ArtifactStatement = Self.statement()) -> SignatureFault? {
    do throws(SignatureFault) {
      _ = try trusted.verify(file, of: statement)
      return nil
    } catch {
      return error
    }
  }
}

/// What an operation with a key complains of, without the key's path; nil if it succeeds.
func keyComplaint(_ body: () throws(KeyError) -> Void) -> String? {
  do throws(KeyError) {
    try body()
    return nil
  } catch {
    return error.reason
  }
}
