internal import ArgumentParser
internal import Confinement
internal import Precompiler

/// What a module may cost; each refusal names the option.
struct LimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How long one module may take.", valueName: "seconds"))
  var timeout = Seconds(120)

  @Option(
    help: ArgumentHelp("The largest module that is read, in bytes, or with K, M, G or T behind it.", valueName: "size"))
  var maxModule = ByteCount(ModuleReader.defaultLimit)

  @Option(help: ArgumentHelp("The largest artifact that is stored.", valueName: "size"))
  var maxArtifact = ByteCount(ConfinementPolicy().limits.file)
}

/// How the processes that compile are kept from doing harm.
struct SandboxOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How much memory a compiler may take.",
      discussion: "There is one for each job; it is counted beyond what program and engine take.", valueName: "size"))
  var maxMemory = ByteCount(ConfinementPolicy().limits.memory)

  @Flag(help: "Compile nothing unless the kernel can confine compilers in every way.")
  var requireSandbox = false

  var policy: ConfinementPolicy {
    var policy = ConfinementPolicy()
    policy.limits.memory = maxMemory.bytes
    policy.isRequired = requireSandbox
    return policy
  }

  func policy(_ limits: LimitOptions) -> ConfinementPolicy {
    var policy = self.policy
    policy.limits.file = limits.maxArtifact.bytes
    return policy
  }
}

extension ByteCount: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}
