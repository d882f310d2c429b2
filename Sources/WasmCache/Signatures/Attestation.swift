internal import FoundationEssentials
internal import WasmEngine

/// Who made what, for tools that know nothing of this cache: an in-toto statement in a DSSE envelope.
///
/// The statement says that the artifact (subject) was compiled from the module (resolved dependency) by the engine and with the
/// settings that `engine.json` has, in the words of SLSA's provenance.
///
/// Sources: the in-toto attestation framework, Statement v1; SLSA provenance v1; the DSSE protocol v1.
package struct Attestation: Sendable {
  private let statement: String

  static let payloadType = "application/vnd.in-toto+json"
  /// The type of build, which says what the parameters mean.
  static let buildType = "urn:wasmprecompile:compile:1"

  /// - Parameters:
  ///   - name: the entry, by its directory and name.
  ///   - builder: the URI of whoever compiled it.
  init(
    _ engine: EngineDescription, _ module: WasmHash, _ artifact: ArtifactDigest, named name: String, builder: String
  ) {
    let provenance = Provenance(
      buildDefinition: .init(
        buildType: Self.buildType,
        externalParameters: .init(
          format: engine.format, backend: engine.backend, version: engine.version, target: engine.target,
          features: engine.features, options: engine.options),
        internalParameters: .init(identity: engine.identity, build: engine.build),
        resolvedDependencies: [.init(name: "module", digest: .init(sha256: "\(module)"))]),
      runDetails: .init(builder: .init(id: builder)))
    let statement = Statement(
      subject: [.init(name: name, digest: .init(sha256: "\(artifact)"))], predicate: provenance)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // The value holds only strings, which always encode.
    self.statement = (try? encoder.encode(statement)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// The envelope as one line of JSON, without a newline.
  package func envelope(signedBy key: SigningKey) throws(KeyError) -> String {
    let payload = Array(statement.utf8)
    // What is signed says how long each part is, so that no other parts give the same bytes.
    let head = "DSSEv1 \(Self.payloadType.utf8.count) \(Self.payloadType) \(payload.count) "
    let signature = try key.sign(Array(head.utf8) + payload)
    return "{\"payload\":\"\(SignatureText.encode(payload))\",\"payloadType\":\"\(Self.payloadType)\","
      + "\"signatures\":[{\"keyid\":\"\(key.id)\",\"sig\":\"\(SignatureText.encode(signature))\"}]}"
  }
}

private struct Digest: Encodable {
  let sha256: String
}

private struct Resource: Encodable {
  let name: String
  let digest: Digest
}

private struct Statement: Encodable {
  enum CodingKeys: String, CodingKey {
    case type = "_type"
    case subject, predicateType, predicate
  }

  let type = "https://in-toto.io/Statement/v1"
  let subject: [Resource]
  let predicateType = "https://slsa.dev/provenance/v1"
  let predicate: Provenance
}

private struct Provenance: Encodable {
  struct External: Encodable {
    let format: String
    let backend: String
    let version: String
    let target: String
    let features: String
    let options: [EngineDescription.Option]
  }

  struct Internal: Encodable {
    let identity: String
    let build: String
  }

  struct Definition: Encodable {
    let buildType: String
    let externalParameters: External
    let internalParameters: Internal
    let resolvedDependencies: [Resource]
  }

  struct Builder: Encodable {
    let id: String
  }

  struct Details: Encodable {
    let builder: Builder
  }

  let buildDefinition: Definition
  let runDetails: Details
}

extension CacheDirectory {
  /// Makes an attestation of each entry whose artifact has the bytes that it should have.
  ///
  /// - Parameters:
  ///   - isWanted: asked of each module.
  ///   - builder: the URI of whoever compiled the artifacts.
  ///   - report: called for each entry that is wanted; with a reason for one of which nothing can be said.
  package func attest(
    _ isWanted: (WasmHash) -> Bool, builder: String, report: (CheckedEntry, Attestation?) throws -> Void
  ) throws {
    var entries: [CheckedEntry] = []
    try verify(repair: false) { entries.append($0) }
    for entry in entries {
      guard let name = entry.path.lastComponent?.string, let module = CacheLayout.module(ofEntry: name),
        isWanted(module)
      else { continue }
      guard entry.fault == nil, let (_, engine, digest) = self.entry(at: entry.path),
        let description = engine.description, description.provenIdentity != nil
      else {
        try report(entry, nil)
        continue
      }
      let attestation = Attestation(
        description, module, digest, named: "\(engine.directory)/\(name)", builder: builder)
      try report(entry, attestation)
    }
  }
}
