package import LinuxIO
public import SystemPackage
public import WasmEngine

/// A module's artifact, open, with bytes that were checked to be the stored ones.
///
/// It stays whole even if it is removed from the cache meanwhile, because nothing is rewritten in place there.
public final class Artifact: Sendable {
  /// The size in bytes.
  public let size: Int
  /// The digest of its bytes.
  package let digest: ArtifactDigest
  package let descriptor: Descriptor
  private let module: WasmHash
  private let directory: EngineDirectory
  /// Whether the cache may be changed where it is wrong.
  private let isWritable: Bool

  init(
    _ descriptor: consuming Descriptor, _ digest: ArtifactDigest, size: Int, of module: WasmHash,
    in directory: EngineDirectory, isWritable: Bool
  ) {
    self.isWritable = isWritable
    self.descriptor = descriptor
    self.digest = digest
    self.size = size
    self.module = module
    self.directory = directory
  }

  /// Its path in the cache, for messages; ``path`` is the one to open.
  private var entry: FilePath { directory.entryPath(module) }

  /// A path to load the artifact from, as long as this value lives. It names the open file, so that no other file can take
  /// its place.
  public var path: FilePath { FilePath("/proc/self/fd/\(descriptor.raw)") }

  /// Whether it holds a module or a component; nil if it is no artifact of an engine at all.
  public var kind: ModuleKind? {
    guard let head = try? descriptor.bytes(count: Self.headerSize), head.count == Self.headerSize,
      head.starts(with: Self.magic)
    else { return nil }
    // Source: wasmtime's `obj` module, the flags in the ELF header; the next bits say which Pulley it is for, if any.
    return switch head[Self.flagsOffset] & 3 {
    case 1: .coreModule
    case 2: .component
    default: nil
    }
  }

  /// Whether an engine of the identity that it is filed under would load it.
  var isOfItsEngine: Bool {
    guard let contents = try? Mapping(descriptor, size: size) else { return false }
    return directory.identity.accepts(contents.bytes)
  }

  /// Loads the module or the component.
  ///
  /// - Parameter engine: of the identity that the artifact is filed under.
  package func load<Code: CompiledCode>(as _: Code.Type = Code.self, with engine: Engine) throws(CacheError) -> Code {
    do { return try Code(artifactIn: descriptor, with: engine) } catch { throw diagnosis(error, Code.kind) }
  }

  /// Why the engine refused it. The bytes are not looked at before, because that would cost every load.
  private func diagnosis(_ error: ArtifactError, _ expected: ModuleKind) -> CacheError {
    guard size >= Self.headerSize else { return .invalidFile(entry, .size(size)) }
    guard let contents = try? descriptor.bytes(count: size) else { return .deserialize(entry, reason: error.reason) }
    guard contents.starts(with: Self.magic) else {
      return .invalidFile(entry, .magic(Array(contents.prefix(Self.magic.count))))
    }
    if let kind, kind != expected { return kind == .component ? .component(entry) : .coreModule(entry) }
    if contents.withUnsafeBytes(directory.identity.accepts) { return .deserialize(entry, reason: error.reason) }
    // The next one finds nothing instead of this, and compiles the module.
    if isWritable { directory.removeEntry(module, of: digest) }
    return .invalidated(entry)
  }

  static let magic = ArtifactFormat.wasmtime.magic
  private static let headerSize = 64
  private static let flagsOffset = 0x30
}
