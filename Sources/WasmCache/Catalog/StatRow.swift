package import LinuxIO
package import WasmEngine

/// One hashed file and the module in it.
package struct StatRow: Hashable, Sendable {
  /// The file's stamp when it was hashed.
  package var stamp: FileStamp
  /// When the hashing began, in nanoseconds since 1970.
  package var hashed: Int64
  package var module: KnownModule

  package init(stamp: FileStamp, hashed: Int64, module: KnownModule) {
    self.stamp = stamp
    self.hashed = hashed
    self.module = module
  }
}

/// A module that was found by reading a file.
package struct KnownModule: Hashable, Sendable {
  package var hash: WasmHash
  package var kind: ModuleKind
  /// The size in bytes, from which the time to compile it is estimated.
  package var weight: Int64

  package init(hash: WasmHash, kind: ModuleKind, weight: Int64) {
    self.hash = hash
    self.kind = kind
    self.weight = weight
  }
}
