internal import CLinux
package import LinuxIO
package import WasmEngine

extension EngineFinding {
  /// Makes a finding of an identity, to be remembered.
  package init(_ identity: ArtifactIdentity, library: FileStamp, probed: Int64) {
    self.init(
      library: library, wish: Self.key(identity.wish), probed: probed,
      result: .available(record: identity.record, build: identity.build))
  }

  /// The key names the processor: code for this machine's depends on it, and a cache may be shared with other machines.
  fileprivate static func key(_ wish: CompileWish) -> String { "\(wish)/\(processor)" }

  /// The features of this machine's processor.
  package static let processor: String = {
    var features = [UInt64](repeating: 0, count: Int(CLINUX_PROCESSOR_WORDS))
    clinux_processor_features(&features)
    // Each start asks for this, and to join an array of texts would take 0.1 ms for generic code.
    var text = ""
    for word in features { text += (text.isEmpty ? "" : ".") + String(word, radix: 16) }
    return text
  }()
}

extension Catalog {
  /// The identity that some settings were found to have with an engine, if its file has not changed since.
  ///
  /// - Parameter now: nanoseconds since 1970.
  package func identity(_ settings: EngineSettings, _ library: FileStamp, now: Int64) -> ArtifactIdentity? {
    guard case .available(let record, let build) = engine(library, wish: EngineFinding.key(settings.wish), now: now)
    else { return nil }
    return ArtifactIdentity(
      settings: settings, compatibility: CompatibilityRecord(bytes: record), libraryBuild: build)
  }
}
