internal import Inspecting
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// An artifact as `inspect` shows it.
struct InspectedArtifact: Inspected {
  /// The cache's knowledge of it, if it is one of its entries.
  struct Entry {
    let module: WasmHash
    let engine: StoredEngine
    /// The digest of the bytes that were stored.
    let digest: ArtifactDigest
    /// The path where the module was last seen.
    let path: FilePath?
  }

  let path: FilePath
  /// Bytes.
  let size: Int
  let hash: WasmHash
  let outline: ArtifactOutline
  let entry: Entry?
  /// Its tunables and WebAssembly features by their names; empty if no engine of its release is at hand.
  let names: (tunables: [String], features: [String])
  /// One for each host; empty if no engine was found.
  let verdicts: [EngineVerdict]
  /// Whether an engine can map the code from where the file is.
  let allowsExecution: Bool

  /// Whether these are the bytes that were stored; nil if that is not known.
  private var isIntact: Bool? { entry.map { $0.digest.description == hash.encode() } }

  private var flags: RecordParts? { RecordParts(outline.record) }

  private var isPulley: Bool { outline.record.target.hasPrefix("pulley") }

  private var processorFeatures: [String] { flags?.processor.filter { $0.value == "true" }.map(\.name) ?? [] }

  // MARK: For people

  var text: String {
    var facts = TextTable([.left, .left])
    facts.append(["artifact", path.printable])
    facts.append(["size", Quantities.bytes(size)])
    facts.append(["sha256", hash.encode()])
    if let entry {
      let seen = entry.path.map { ", last seen at \($0.printable)" } ?? ""
      facts.append(["module", entry.module.encode() + seen])
      facts.append(["compiled", "with \(entry.engine.wish.printable)"])
    }
    if isIntact == false {
      facts.append([
        "damaged", "these are not the bytes that were stored; `wasmprecompile cache verify --repair` removes them",
      ])
    }
    facts.append(["engine", "wasmtime \(outline.record.version), target \(outline.record.target)".printable])
    if let flags {
      facts.append("flags", Self.lines(of: flags.flags.map { "\($0.name)=\($0.value)".printable }))
      // An artifact for any processor of its architecture asks for nothing.
      let any = isPulley ? "any" : "any of the architecture"
      let features = processorFeatures.map(\.printable)
      facts.append("processor", features.isEmpty ? [any] : Self.lines(of: features))
    }
    if !names.features.isEmpty {
      facts.append("tunables", Self.lines(of: names.tunables.map(\.printable)))
      facts.append("features", Self.lines(of: names.features.map(\.printable)))
    }
    facts.append(["functions", "\(outline.functionCount), \(Quantities.bytes(outline.codeSize)) of code"])
    for verdict in verdicts { facts.append("loads", verdict.lines) }
    if !allowsExecution && !isPulley {
      facts.append(["", "from memory only, not by its path: its file system is mounted noexec"])
    }
    var sections = TextTable([.left, .left, .left])
    for section in outline.sections { sections.append(["", section.name.printable, Quantities.bytes(section.size)]) }
    var functions = TextTable([.left, .left, .left])
    for function in outline.largest {
      functions.append(["", Quantities.bytes(function.size), function.name.printable])
    }
    return facts.text + "sections\n" + sections.text
      + (outline.largest.isEmpty ? "" : "largest functions\n" + functions.text)
  }

  /// Words in lines that a terminal has room for.
  private static func lines(of words: [String]) -> [String] {
    var lines = [""]
    for word in words {
      let line = lines[lines.count - 1]
      if line.isEmpty || line.columns + word.columns < 100 {
        lines[lines.count - 1] += line.isEmpty ? word : " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }

  // MARK: For programs

  var json: JSON {
    [
      "type": "inspected", "kind": "artifact", "path": JSON(path), "size": JSON(size), "sha256": .string(hash.encode()),
      "module_sha256": JSON(entry?.module.encode()), "module_path": JSON(entry?.path),
      "engine": JSON(entry?.engine.directory), "intact": isIntact.map { .bool($0) } ?? .null,
      "version": .string(outline.record.version), "target": .string(outline.record.target),
      "flags": .object(flags?.flags.map { .init(name: $0.name, value: .string($0.value)) } ?? []),
      "processor": .array(processorFeatures.map { .string($0) }),
      "tunables": .array(names.tunables.map { .string($0) }), "features": .array(names.features.map { .string($0) }),
      "sections": .array(
        outline.sections.map { ["name": .string($0.name), "size": JSON($0.size)] }),
      "functions": JSON(outline.functionCount), "code_size": JSON(outline.codeSize),
      "largest_functions": .array(
        outline.largest.map { ["name": .string($0.name), "size": JSON($0.size)] }),
      "verdicts": .array(verdicts.map(\.json)), "noexec": .bool(!allowsExecution),
    ]
  }
}
