import SystemPackage

@testable import Exporting
@testable import WasmCache

/// What lies beside artifacts and tells which is which.
enum CacheTargets {
  /// The target and the name of an entry.
  static func entryLink(_ bytes: UnsafeRawBufferPointer) throws {
    if let digest = CacheLayout.digest(ofTarget: bytes) {
      let target = CacheLayout.entryTarget(digest)
      try Finding.unless(target.utf8.elementsEqual(bytes), "is taken for \(target)")
    }
    let name = String(decoding: bytes, as: UTF8.self)
    if let module = CacheLayout.module(ofEntry: name) {
      let suffix = String(name.dropFirst(module.encode().count))
      let written = CacheLayout.entryName(module, suffix: suffix)
      try Finding.unless(written == name && suffix.hasPrefix("."), "is taken for \(written)")
    }
  }

  static func exportManifest(_ bytes: UnsafeRawBufferPointer) throws {
    guard let manifest = ExportManifest(Array(bytes)) else { return }
    for name in manifest.records.keys {
      try Finding.unless(
        name.isRelative && !name.components.contains { $0.kind != .regular }, "\(name) lies elsewhere")
    }
    try Finding.unless(ExportManifest(manifest.encoded) == manifest, "another one when it is written and read again")
  }
}
