internal import Precompiler
internal import SystemPackage
internal import WasmEngine
internal import WasmtimeToolchain

/// Options of commands about single modules: how to compile it, with what, into which cache, and at what cost.
struct ModuleOptions: CommandOptions {
  @OptionSection("Compiler options") var compiler: CompilerOptions
  @OptionSection("Hosts") var hosts: HostOptions
  @OptionSection("Where things are") var engine: EngineOptions
  @OptionSection("Where things are") var cache: CacheOptions
  @OptionSection("Signatures") var signatures: SignatureOptions
  @OptionSection("Limits") var limits: LimitOptions
  @OptionSection("Limits") var sandbox: SandboxOptions

  /// The request to the precompiler.
  ///
  /// - Parameter stores: whether anything may be stored.
  func request(for modules: [FilePath], stores: Bool) throws(RunFailure) -> PrecompileRequest {
    var places = try cache.places()
    try signatures.apply(to: &places, stores: stores)
    return request(for: modules, in: places)
  }

  func request(for modules: [FilePath], in places: CachePlaces) -> PrecompileRequest {
    var request = PrecompileRequest(
      RunInput(modules), caches: places, work: WorkPolicy(lanes: AvailableProcessors.count()))
    // One file is soon read, and time stamps do not show every change: a writer through mmap may leave them alone.
    request.work.rehash = true
    request.limits = limits.modules
    return request
  }

  /// - Parameter place: what the project's configuration file lies above, or in; nil where no module is named.
  func compilers(for place: FilePath?) -> CompilerChoice {
    var choice = CompilerChoice(request: HostRequest(engine: engine, compiler: compiler, hosts: hosts, place: place))
    choice.options.confinement = limits.confinement(sandbox)
    return choice
  }
}
