internal import ArgumentParser
internal import Confinement
internal import Precompiler
internal import WasmtimeToolchain

/// What a module may cost; each refusal names the option.
struct LimitOptions: ParsableArguments {
  static let standardTimeout = Seconds(120)
  static let standardModule = ByteCount(ModuleReader.defaultLimit)
  static let standardArtifact = ByteCount(ConfinementPolicy().limits.file)

  @Option(
    help: ArgumentHelp(
      "How long one module may take. Default: \(LimitOptions.standardTimeout.defaultValueDescription).",
      valueName: "seconds"))
  var timeout: Seconds?

  @Option(
    help: ArgumentHelp(
      "The largest module that is read, such as 500M (decimal) or 2Gi (binary). Default: \(LimitOptions.standardModule).",
      valueName: "size"))
  var maxModule: ByteCount?

  @Option(
    help: ArgumentHelp(
      "The largest artifact that is stored. Default: \(LimitOptions.standardArtifact).", valueName: "size"))
  var maxArtifact: ByteCount?

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&timeout, from: Settings.timeout)
    configuration.fill(&maxModule, from: Settings.maxModule)
    configuration.fill(&maxArtifact, from: Settings.maxArtifact)
  }

  var modules: ModuleLimits {
    var limits = ModuleLimits()
    limits.timeout = (timeout ?? Self.standardTimeout).value
    limits.largestModule = (maxModule ?? Self.standardModule).bytes
    return limits
  }

  /// How compilers are confined, and how much they may write.
  func confinement(_ sandbox: SandboxOptions) -> ConfinementPolicy {
    var policy = sandbox.policy
    policy.limits.file = (maxArtifact ?? Self.standardArtifact).bytes
    return policy
  }
}

/// How the processes that compile are kept from doing harm.
struct SandboxOptions: ParsableArguments {
  static let standardMemory = ByteCount(ConfinementPolicy().limits.memory)

  @Option(
    help: ArgumentHelp(
      "How much memory a compiler may take. Default: \(SandboxOptions.standardMemory).",
      discussion: "There is one for each job; it is counted beyond what program and engine take.", valueName: "size"))
  var maxMemory: ByteCount?

  @Flag(help: "Compile nothing unless the kernel can confine compilers in every way.")
  var requireSandbox = false

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&maxMemory, from: Settings.maxMemory)
    configuration.fill(&requireSandbox, from: Settings.requireSandbox)
  }

  var policy: ConfinementPolicy {
    var policy = ConfinementPolicy()
    policy.limits.memory = (maxMemory ?? Self.standardMemory).bytes
    policy.isRequired = requireSandbox
    return policy
  }
}
