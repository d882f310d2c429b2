/// A reader of ours that gets bytes from outside, as something that can be run with any bytes at all: by the fuzzer, which
/// `make fuzz` builds, and by the tests with the seeds.
///
/// The name is that of its directory below `Seeds`.
enum FuzzTarget: String, CaseIterable, Sendable {
  case artifact
  case catalogFile = "catalog-file"
  case catalogRows = "catalog-rows"
  case component
  case configuration
  case engineRecord = "engine-record"
  case entryLink = "entry-link"
  case exportManifest = "export-manifest"
  case list
  case makeFlags = "make-flags"
  case module
  case preamble
  case signature
  case workerMessage = "worker-message"

  /// Reads the bytes, and looks whether what came out can be true.
  ///
  /// - Throws: a ``Finding``, or what keeps it from working at all.
  func run(_ bytes: UnsafeRawBufferPointer) throws {
    switch self {
    case .artifact: try ArtifactTargets.artifact(bytes)
    case .catalogFile: try CatalogFileTarget.run(bytes)
    case .catalogRows: try CatalogRowsTarget.run(bytes)
    case .component: try ModuleTargets.component(bytes)
    case .configuration: try TextTargets.configuration(bytes)
    case .engineRecord: try ArtifactTargets.engineRecord(bytes)
    case .entryLink: try CacheTargets.entryLink(bytes)
    case .exportManifest: try CacheTargets.exportManifest(bytes)
    case .list: try TextTargets.list(bytes)
    case .makeFlags: try TextTargets.makeFlags(bytes)
    case .module: try ModuleTargets.module(bytes)
    case .preamble: try ModuleTargets.preamble(bytes)
    case .signature: try SignatureTarget.run(bytes)
    case .workerMessage: try WorkerTarget.run(bytes)
    }
  }
}

/// Something that a reader made of its bytes and must not have.
struct Finding: Error, CustomStringConvertible {
  let description: String

  /// Throws unless a property holds.
  static func unless(_ holds: Bool, _ description: @autoclosure () -> String) throws(Finding) {
    if !holds { throw Finding(description: description()) }
  }
}
