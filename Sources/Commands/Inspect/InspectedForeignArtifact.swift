internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// An artifact of a compiler that is no libwasmtime, as `inspect` shows it: what the cache knows of it. Nothing looks into it.
struct InspectedForeignArtifact: Inspected {
  let path: FilePath
  /// Bytes.
  let size: Int
  let hash: WasmHash
  let entry: InspectedArtifact.Entry
  let description: EngineDescription

  private var isIntact: Bool { entry.digest.description == hash.encode() }

  var text: String {
    var facts = TextTable([.left, .left])
    facts.append(["artifact", path.printable])
    facts.append(["size", Quantities.bytes(size)])
    facts.append(["sha256", hash.encode()])
    let seen = entry.path.map { ", last seen at \($0.printable)" } ?? ""
    facts.append(["module", entry.module.encode() + seen])
    facts.append(["compiled", "with \(entry.engine.wish.printable)"])
    if !isIntact {
      facts.append([
        "damaged", "these are not the bytes that were stored; `wasmprecompile cache verify --repair` removes them",
      ])
    }
    facts.append(["compiler", "\(entry.engine.compiler), target \(description.target)".printable])
    return facts.text
  }

  var json: JSON {
    [
      "type": "inspected", "kind": "foreign", "path": JSON(path), "size": JSON(size), "sha256": .string(hash.encode()),
      "module_sha256": .string(entry.module.encode()), "module_path": JSON(entry.path),
      "engine": .string(entry.engine.directory), "intact": .bool(isIntact),
      "backend": .string(entry.engine.backend), "version": .string(description.version),
      "target": .string(description.target),
      "options": .object(description.options.map { .init(name: $0.name, value: .string($0.value)) }),
    ]
  }
}
