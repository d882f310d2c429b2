internal import ArgumentParser
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmEngine

struct RunCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a module from the cache, compiling it first if need be.",
    usage: "wasmprecompile run [<options>] <module> [<argument> ...]",
    discussion: """
      The module's function _start is called, with WASI preview 1 around it; the exit status is the program's, or 134 if it \
      trapped. Everything after the module is for the program. Of several backends, the first one's code is run.
      """)

  @Argument(help: "A core module.")
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

  var place: FilePath? { module.path }

  mutating func fill(from settings: GivenSettings) { _options.wrappedValue.fill(from: settings) }

  func run() throws {
    let name = module.path.lastComponent.map { FilePath(root: nil, [$0]).bytes } ?? module.path.bytes
    let wasi = try program.settings(name: name, arguments: invoke == nil ? arguments : [])
    let loaded = try load()
    do {
      let instance = try Instance(loaded.module, wasi: wasi)
      if let function = invoke {
        Output.standard.write(
          try Invocation(function: function, arguments: arguments, path: module.path).run(in: instance))
      } else {
        try instance.call("_start")
      }
    } catch let end as RunError {
      throw ProgramEnd(end, of: loaded.module, at: module.path)
    }
  }

  private func load() throws -> LoadedProgram {
    var request = try options.request(for: module.path)
    Parallelism(jobs: nil, under: .ofThisProcess).apply(to: &request)
    let work = InterruptibleWork(in: request)
    var compilers = options.compilers(for: module.path)
    compilers.isSingle = true
    let loader = ProgramLoader(module.path, request, with: compilers, cancellation: work.cancellation)
    let loaded = try work.run { cold ? try StartComparison.load(with: loader) : try loader.load() }
    work.end()
    return loaded
  }
}
