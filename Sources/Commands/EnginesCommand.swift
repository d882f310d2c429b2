internal import ArgumentParser
internal import Confinement
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import WasmtimeToolchain

struct EnginesCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines", abstract: "Show what modules can be compiled with, or why not.",
    discussion: "Each backend is tried in a process of its own: an engine's word is not taken for it.")

  @OptionGroup(title: "Where things are") @ParsedOptions var engine: EngineOptions
  @OptionGroup(title: "Sandbox") @ParsedOptions var sandbox: SandboxOptions

  mutating func fill(from settings: GivenSettings) {
    _engine.wrappedValue.fill(from: settings)
    _sandbox.wrappedValue.fill(from: settings)
  }

  func run() throws {
    let work = InterruptibleWork()
    let settings = Backend.libwasmtime.map { EngineSettings(backend: $0) }
    try work.run {
      let file = try engine.search.find()
      let probe = EngineProbe(
        file, program: .thisExecutable, policy: sandbox.policy, cancellation: work.cancellation)
      let account = try probe.identify(settings)
      Output.standard.write("library    \(file.location.path.printable) (\(file.location.origin.name))\n")
      for (one, result) in zip(settings, account.identities) {
        let name = one.backend.rawValue.padded(to: 11)
        switch result {
        case .success(let identity):
          Output.standard.write(
            "\(name)available, \(identity.compiler), build \(identity.build.hex.prefix(12)), "
              + "target \(identity.target), identity \(identity.shortDigest)\n")
        case .failure(let reason):
          Output.standard.write("\(name)not available: \(reason.message.printable)\n")
        }
      }
      if let confinement = account.confinement {
        let memory = ByteCount(sandbox.policy.limits.memory)
        Output.standard.write("sandbox    \(confinement.summary), \(memory) of memory\n")
      }
      if !account.identities.contains(where: { (try? $0.get()) != nil }) {
        throw CompilerUnusable.noBackend(file.location)
      }
    }
  }
}

extension Confinement {
  /// `no files, network or signals (Landlock 7), few system calls (seccomp)`
  fileprivate var summary: String {
    let files =
      switch landlock {
      case 0: "without Landlock, which the kernel lacks or forbids"
      case 1...3: "no files (Landlock \(landlock))"
      case 4...5: "no files or network (Landlock \(landlock))"
      default: "no files, network or signals (Landlock \(landlock))"
      }
    let calls = filtersSystemCalls ? "few system calls (seccomp)" : "without seccomp, which the kernel lacks or forbids"
    return "\(files), \(calls)"
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
