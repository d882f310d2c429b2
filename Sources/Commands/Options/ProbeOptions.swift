internal import WasmtimeToolchain

/// Options of commands that ask compilers what they make, and compile no module: which compilers, as what they are set up, and how
/// they are confined.
struct ProbeOptions: CommandOptions {
  @OptionSection("Compiler options") var compiler: CompilerOptions
  @OptionSection("Hosts") var hosts: HostOptions
  @OptionSection("Where things are") var engine: EngineOptions
  @OptionSection("Sandbox") var sandbox: SandboxOptions

  /// - Parameter showsEveryBackend: whether everything counts that there is, as long as nobody chose backends.
  func compilers(showsEveryBackend: Bool = false) -> CompilerChoice {
    var request = HostRequest(engine: engine, compiler: compiler, hosts: hosts, place: nil)
    request.showsEveryBackend = showsEveryBackend && !compiler.namesBackends
    var choice = CompilerChoice(request: request)
    choice.options.confinement = sandbox.policy
    return choice
  }
}
