import WasmCache

@testable import Inspecting
@testable import WasmEngine

/// What an engine made, or somebody who can write into the cache: ELF files, and the engine's record in them.
enum ArtifactTargets {
  static func artifact(_ bytes: UnsafeRawBufferPointer) throws {
    guard let file = ELFFile(bytes) else {
      return try Finding.unless(ArtifactOutline(bytes, largest: 3) == nil, "an artifact that is no ELF file")
    }
    if let build = file.buildID {
      try Finding.unless(1...bytes.count ~= build.count, "a build id of \(build.count) bytes")
    }
    for section in file.allSections {
      try Finding.unless(0...bytes.count ~= section.size, "section \(section.name) has \(section.size) bytes")
    }
    let functions = file.functions
    try Finding.unless(functions.count <= bytes.count / 24, "\(functions.count) functions in \(bytes.count) bytes")
    for function in functions.prefix(100) { _ = file.name(function) }
    guard let outline = ArtifactOutline(bytes, largest: 3) else { return }
    try Finding.unless(outline.functionCount == functions.count, "functions are lost")
    try Finding.unless(outline.largest.count == min(functions.count, 3), "not the largest functions")
    try check(outline.record)
  }

  static func engineRecord(_ bytes: UnsafeRawBufferPointer) throws {
    let record = CompatibilityRecord(bytes: Array(bytes))
    try check(record)
    try Finding.unless(record.loads(record), "an engine that does not load what it made")
    if let parts = RecordParts(record) {
      try Finding.unless(parts.loads(parts), "parts that do not fit themselves")
    }
  }

  /// Its version and target are shown, and the version is part of a directory's name.
  private static func check(_ record: CompatibilityRecord) throws {
    for text in [record.version, record.target] {
      try Finding.unless(
        text.utf8.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "/") }, "\(text.debugDescription) of a record")
    }
    let name = ArtifactIdentity(settings: EngineSettings(backend: .cranelift), compatibility: record, libraryBuild: [])
      .directoryName
    try Finding.unless(name.utf8.allSatisfy { $0 != 0 && $0 != UInt8(ascii: "/") }, "a directory named \(name)")
    try Finding.unless(EngineDirectoryName(name)?.text == name, "a directory named \(name), which is not read back")
  }
}
