internal import ArgumentParser
internal import Confinement
internal import Precompiler
internal import WasmtimeToolchain

/// Limits to what a module may cost; each refusal names the option.
struct LimitOptions: CommandOptions {
  @CommandOption(
    "timeout", help: ArgumentHelp("How long one module may take.", valueName: "seconds"),
    setting: .byAnyone("a number of seconds above 0", grant: { $0.value }))
  var timeout = Seconds(120)

  @CommandOption(
    "max-module",
    help: ArgumentHelp("The largest module that is read, such as 500M (decimal) or 2Gi (binary).", valueName: "size"),
    setting: .byAnyone(ByteCount.expectation, grant: { Double($0.bytes) }))
  var maxModule = ByteCount(ModuleReader.defaultLimit)

  @CommandOption(
    "max-artifact", help: ArgumentHelp("The largest artifact that is stored.", valueName: "size"),
    setting: .byAnyone(ByteCount.expectation, grant: { Double($0.bytes) }))
  var maxArtifact = ByteCount(ConfinementPolicy().limits.file)

  var modules: ModuleLimits {
    var limits = ModuleLimits()
    limits.timeout = timeout.value
    limits.largestModule = maxModule.bytes
    limits.largestArtifact = maxArtifact.bytes
    return limits
  }

  /// How compilers are confined, and how much they may write.
  func confinement(_ sandbox: SandboxOptions) -> ConfinementPolicy {
    var policy = sandbox.policy
    policy.limits.file = maxArtifact.bytes
    return policy
  }
}

/// How the processes that compile are kept from doing harm.
struct SandboxOptions: CommandOptions {
  @CommandOption(
    "max-memory",
    help: ArgumentHelp(
      "How much memory a compiler may take.",
      discussion: """
        There is one for each job. Of libwasmtime, it is counted beyond what program and engine take, and less than \
        \(ByteCount(smallestMemory)) changes nothing: allocators reserve more than that for each thread. A compiler that is a \
        program needs it for its own code, too; each of its processes may take so much, and all together.
        """, valueName: "size"),
    setting: .byAnyone(ByteCount.expectation, grant: { Double($0.bytes) }))
  var maxMemory = ByteCount(ConfinementPolicy().limits.memory)

  @CommandOption(
    "require-sandbox", help: "Compile nothing unless the kernel can confine compilers in every way.",
    setting: .byUsersOnly())
  var requireSandbox = false

  /// The least that keeps any module from being compiled.
  static let smallestMemory = 32 << 20

  static func complaint(about size: ByteCount) -> String {
    "--max-memory \(size) is as good as \(ByteCount(smallestMemory)): allocators reserve more than that for each thread"
  }

  var policy: ConfinementPolicy {
    var policy = ConfinementPolicy()
    policy.limits.memory = maxMemory.bytes
    policy.isRequired = requireSandbox
    return policy
  }
}
