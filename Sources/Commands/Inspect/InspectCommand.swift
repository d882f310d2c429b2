internal import ArgumentParser
internal import Inspecting
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

struct InspectCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what is in a module or an artifact.",
    discussion: """
      Of a module: its imports, exports, memories, sections and largest functions, and the artifacts that caches have of \
      it. Of an artifact: what engine made it, and whether a host would load it, or why not. That is asked of the engine \
      itself, in a confined process: name the host with --host, --engine-config, --like, --engine or -W. No code is run.
      """)

  @Argument(help: "A module, a component or an artifact.", completion: .file(extensions: ["wasm", "cwasm"]))
  var file: PathArgument

  @Option(help: ArgumentHelp("How many functions to name, the largest first.", valueName: "n"))
  var functions = 10

  @OptionGroup @ParsedOptions var format: FormatOptions
  @OptionGroup(title: "Compiler options") @ParsedOptions var compiler: CompilerOptions
  @OptionGroup(title: "Hosts") @ParsedOptions var hosts: HostOptions
  @OptionGroup(title: "Where things are") @ParsedOptions var engine: EngineOptions
  @OptionGroup(title: "Where things are") @ParsedOptions var cache: CacheOptions

  var place: FilePath? { file.path }

  mutating func fill(from settings: GivenSettings) {
    _compiler.wrappedValue.fill(from: settings)
    _hosts.wrappedValue.fill(from: settings)
    _engine.wrappedValue.fill(from: settings)
    _cache.wrappedValue.fill(from: settings)
  }

  func validate() throws {
    if functions < 0 { throw ValidationError("--functions must not be negative") }
  }

  func run() throws {
    let lines = format.isJSON ? JSONLines("inspect") : nil
    do throws(FileTrouble) {
      let found = try look(lines)
      if let lines { lines.write(found.json) } else { Output.standard.write(found.text) }
      lines?.write(["type": "summary"])
    } catch {
      if let lines {
        lines.write(JSONRunLines.error(file.path, error.reason))
        lines.write(["type": "summary"])
      } else {
        Output.error.write("\(file.path.printable): error: \(error.reason.printable)\n")
      }
      throw ExitStatus.moduleFailed
    }
  }

  private func look(_ lines: JSONLines?) throws(FileTrouble) -> any Inspected {
    let contents = try FileContents(file.path)
    let bytes = contents.bytes
    if bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) {
      guard let outline = ArtifactOutline(bytes, largest: functions) else {
        if let foreign = foreign(bytes) { return foreign }
        throw FileTrouble(reason: "is native code (ELF), but no artifact of a libwasmtime, nor one of the cache's")
      }
      return InspectedArtifact(
        path: file.path, size: bytes.count, hash: .generate(bytes), outline: outline, entry: entry(),
        names: EngineVerdict.names(in: outline.record, by: choice), verdicts: try verdicts(on: bytes),
        allowsExecution: contents.allowsExecution)
    }
    let kind: ModuleKind
    do { kind = try ModuleKind(start: bytes, fileSize: bytes.count) } catch {
      if let foreign = foreign(bytes) { return foreign }
      throw FileTrouble(reason: "\(error)")
    }
    let hash = WasmHash.generate(bytes)
    do {
      let outline: InspectedModule.Outline =
        switch kind {
        case .coreModule: .module(try WasmModule(bytes))
        case .component: .component(try WasmComponent(bytes))
        }
      return InspectedModule(
        path: file.path, size: bytes.count, hash: hash, outline: outline, functions: functions,
        artifacts: caches(lines).flatMap { $0.artifacts(of: hash) })
    } catch {
      throw FileTrouble(reason: "is damaged \(error)")
    }
  }

  private var choice: CompilerChoice {
    CompilerChoice(request: HostRequest(engine: engine, compiler: compiler, hosts: hosts, place: file.path))
  }

  private func verdicts(on artifact: UnsafeRawBufferPointer) throws(FileTrouble) -> [EngineVerdict] {
    let isNamed = engine.engine != nil || hosts.isGiven || compiler.isGiven
    do { return try EngineVerdict.all(on: artifact, by: choice, isNamed: isNamed) } catch {
      throw FileTrouble(reason: "cannot be judged: \(error.message)")
    }
  }

  /// Trouble with the cache is no reason to say nothing of the file.
  private func openCache() -> CacheDirectory? {
    guard let path = try? cache.path() else { return nil }
    return (try? CacheDirectory.existing(at: path)) ?? nil
  }

  /// The cache, if there is one, and the lower ones that can be used.
  private func caches(_ lines: JSONLines?) -> [CacheDirectory] {
    let own = openCache()
    return [own].compactMap(\.self) + cache.openLowerCaches(below: own, lines)
  }

  /// An artifact of another compiler that the cache knows: as one of its entries, or by its bytes.
  private func foreign(_ bytes: UnsafeRawBufferPointer) -> InspectedForeignArtifact? {
    let hash = WasmHash.generate(bytes)
    guard let entry = entry() ?? entry(withBytes: hash), let description = entry.engine.description else { return nil }
    return InspectedForeignArtifact(
      path: file.path, size: bytes.count, hash: hash, entry: entry, description: description)
  }

  /// An entry whose artifact has these bytes: the file may have been exported.
  private func entry(withBytes hash: WasmHash) -> InspectedArtifact.Entry? {
    guard let cache = openCache(), let inventory = try? CacheInventory(of: cache),
      let found = inventory.entries.first(where: { $0.digest?.description == hash.encode() }), let digest = found.digest
    else { return nil }
    return entry(of: found.module, inventory.engines[found.engine], digest, in: cache)
  }

  private func entry() -> InspectedArtifact.Entry? {
    guard let cache = openCache(), let (module, engine, digest) = cache.entry(at: file.path) else { return nil }
    return entry(of: module, engine, digest, in: cache)
  }

  private func entry(
    of module: WasmHash, _ engine: StoredEngine, _ digest: ArtifactDigest, in cache: CacheDirectory
  ) -> InspectedArtifact.Entry {
    let seen = Catalog.open(in: cache.base, .readOnly).catalog?.sightings().first { $0.module == module }
    return InspectedArtifact.Entry(module: module, engine: engine, digest: digest, path: seen?.path)
  }
}
