internal import ArgumentParser
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import RemoteCache
internal import SystemPackage
internal import WasmEngine

struct RunCommand: ConfiguredCommand, ListTakingCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a module or a component from the cache, compiling it first if need be.",
    usage: "wasmprecompile run [<options>] <module> [<argument> ...]",
    discussion: """
      A module's function _start is called, with WASI preview 1 around it, or a component's wasi:cli/run, with preview 2; \
      the exit status is the program's, or 134 if it trapped. Everything after the module is for the program. Of several \
      backends, the first one's code is run.
      """)

  @Argument(help: "A module or a component.", completion: .file(extensions: ["wasm"]))
  var module: PathArgument

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("The program's arguments, or numbers for the function of --invoke.", valueName: "argument"))
  var arguments: [String] = []

  @Option(
    help: ArgumentHelp(
      "Call this exported function instead and print what it returns, a line each.", valueName: "function"))
  var invoke: String?

  @Flag(help: "Also compile the module without the cache, and say how long either took before the program could start.")
  var cold = false

  @OptionGroup(title: "What the program gets") var program: ProgramOptions
  @OptionGroup @ParsedOptions var options: ModuleOptions
  @OptionGroup(title: "Remote cache") @ParsedOptions var remote: RemoteOptions

  var place: FilePath? { module.path }

  static let listIsEverything = true

  mutating func restore(_ lists: LongLists) { arguments = lists.restored(arguments) }

  mutating func fill(from settings: GivenSettings) {
    _options.wrappedValue.fill(from: settings)
    _remote.wrappedValue.fill(from: settings)
  }

  func run() throws {
    let name = module.path.lastComponent.map { FilePath(root: nil, [$0]).bytes } ?? module.path.bytes
    let wasi = try program.settings(name: name, arguments: invoke == nil ? arguments : [])
    let loaded = try load()
    do {
      switch loaded.code {
      case .module(let module):
        let instance = try Instance(module, wasi: wasi)
        if let invocation {
          Output.standard.write(try invocation.run(in: instance))
        } else {
          try instance.call("_start")
        }
      case .component(let component):
        let instance = try ComponentInstance(component, wasi: wasi)
        if let invocation { Output.standard.write(try invocation.run(in: instance)) } else { try instance.run() }
      }
    } catch RunError.noFunction("_start") where invoke == nil && arguments.first?.hasPrefix("--invoke") == true {
      throw ProgramEnd(
        module.path, "is not a program, and --invoke after it is the program's: put --invoke before the module", .usage)
    } catch let end as RunError {
      throw ProgramEnd(end, of: loaded.code, at: module.path)
    }
  }

  private var invocation: Invocation? {
    invoke.map { Invocation(function: $0, arguments: arguments, path: module.path) }
  }

  private func load() throws -> LoadedProgram {
    // A program is run even where there is no place for a cache.
    var places = CachePlaces("/")
    var lack: String?
    do throws(RunFailure) { places = try options.cache.places() } catch { lack = error.message }
    try options.signatures.apply(to: &places, stores: true)
    var request = options.request(for: [module.path], in: places)
    request.remote = try remote.use()
    Parallelism(jobs: nil, under: .ofThisProcess).apply(to: &request)
    let work = InterruptibleWork(in: request)
    var compilers = options.compilers(for: module.path)
    compilers.isSingle = true
    let loader = ProgramLoader(
      module.path, request, with: compilers, withoutCacheBecause: lack, cancellation: work.cancellation)
    let loaded = try work.run { cold ? try StartComparison.load(with: loader) : try loader.load() }
    work.end()
    // The program may run for long, and needs no other machine's cache.
    (request.remote?.store as? RemoteCache)?.close()
    return loaded
  }
}
