package import SystemPackage

/// The names of the cache on disk, format 1.
///
///     <cache>/                      mode 0700
///       CACHEDIR.TAG                tells backup programs to leave it out
///       v1/
///         objects/ab/cdef…          artifact bytes exactly as the engine made them, mode 0444, named by their SHA-256
///         engines/<backend>-<version>-<identity, 16 hex>/
///           engine.json             what the identity stands for, and what counts
///           lock                    bytes stand for modules being compiled
///           <wasm sha256><suffix>   symbolic link → ../../objects/ab/cdef…, modified when it was last used, give or
///                                   take a day
///           <wasm sha256><suffix>.minisig   the entry's signature, see ``SignatureFile``
///         corrupt/                  objects whose bytes did not have their digest
///         tmp/<writer>/             files not yet published; the writer holds the directory's lock, unless the name begins
///                                   with `unlocked-`
///         evicted                   the limit of size that was last enforced, modified then; locked meanwhile
///
/// An entry is a symbolic link, so that any runtime in any language can open its path, while its target names the
/// digest of what it must find there. (Rejected: the artifact itself under the module's hash, which cannot prove its
/// bytes; and a hard link, which cannot name them.) Nothing is rewritten in place: an open artifact stays whole.
package enum CacheLayout {
  package static let version = "v1"
  static let tag = "CACHEDIR.TAG"
  static let objects = "objects"
  static let engines = "engines"
  static let corrupt = "corrupt"
  static let temporary = "tmp"
  /// What the name of a writer's directory begins with where the file system has no locks.
  static let unlocked = "unlocked-"
  static let eviction = "evicted"
  static let engineDescription = "engine.json"
  static let engineLock = "lock"

  /// Source: the Cache Directory Tagging Specification; the signature is fixed.
  static let tagContents = """
    Signature: 8a477f597d28d172789f06886806bc55
    # This directory holds artifacts that wasmprecompile can make again.
    # For information about cache directory tags see https://bford.info/cachedir/
    """

  /// - Parameter suffix: of the artifact's format.
  static func entryName(_ module: WasmHash, suffix: String) -> String { module.encode() + suffix }

  /// The path that any runtime can open to have a module's artifact, for one that has no cache open.
  package static func entryPath(cache: FilePath, _ identity: ArtifactIdentity, _ module: WasmHash) -> FilePath {
    cache.appending(version).appending(engines).appending(identity.directoryName)
      .appending(entryName(module, suffix: identity.format.suffix))
  }

  /// The directory that has one with entries for each engine.
  package static func entriesPath(cache: FilePath) -> FilePath { cache.appending(version).appending(engines) }

  /// The module that an entry's name stands for, whatever its format's suffix is; nil for any other name.
  static func module(ofEntry name: String) -> WasmHash? {
    // Another dot is in the name of what lies beside an entry: its signature.
    guard name.utf8.count > hashLength,
      ArtifactFormat.isSuffix(String(decoding: name.utf8.dropFirst(hashLength), as: UTF8.self))
    else { return nil }
    return try? WasmHash.decode(String(decoding: name.utf8.prefix(hashLength), as: UTF8.self))
  }

  private static let hashLength = 64

  /// An object's two path components below `objects`.
  static func objectName(_ digest: ArtifactDigest) -> (directory: String, file: String) {
    let text = digest.description
    return (String(text.prefix(2)), String(text.dropFirst(2)))
  }

  /// The text of an entry's symbolic link.
  static func entryTarget(_ digest: ArtifactDigest) -> String {
    let name = objectName(digest)
    return "../../\(objects)/\(name.directory)/\(name.file)"
  }

  /// Reads what ``entryTarget(_:)`` wrote; nil for any other text.
  static func digest(ofTarget target: some Collection<UInt8>) -> ArtifactDigest? {
    let prefix = Array("../../\(objects)/".utf8)
    guard target.count == prefix.count + 65, target.starts(with: prefix) else { return nil }
    let name = Array(target.dropFirst(prefix.count))
    guard name[2] == UInt8(ascii: "/") else { return nil }
    return ArtifactDigest(hex: name[..<2] + name[3...])
  }
}
