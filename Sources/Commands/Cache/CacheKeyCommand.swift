internal import ArgumentParser
internal import LinuxIO
internal import Precompiler
internal import WasmCache
internal import WasmEngine

extension CacheCommand {
  struct Key: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "key", abstract: "Print one word that names what a run would make, for the cache steps of CI.",
      discussion: """
        It is the same exactly as long as artifacts are filed under the same identities: the engines' builds, the hosts, the \
        options and, with --cpu native, the processor. The modules are no part of it: let the step save the cache anew when \
        they changed, and restore the newest one that starts with this word.
        """)

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var options: ProbeOptions

    mutating func fill(from settings: GivenSettings) { _options.wrappedValue.fill(from: settings) }

    func run() throws {
      let lines = format.isJSON ? JSONLines("cache key") : nil
      let word = try reportingFailure(to: lines) { () throws(RunFailure) in try makeWord() }
      guard let lines else { return Output.standard.write(word + "\n") }
      lines.write(["type": "key", "key": .string(word)])
      lines.write(["type": "summary"])
    }

    private func makeWord() throws(RunFailure) -> String {
      let work = InterruptibleWork()
      do { return Self.word(for: try work.run { try Self.identities(options.compilers(), work.cancellation) }) } catch {
        throw error as? RunFailure ?? RunFailure(status: .engineUnavailable, message: "\(error)")
      }
    }

    private static func identities(
      _ choice: CompilerChoice, _ cancellation: Cancellation
    ) throws -> [ArtifactIdentity] {
      var identities: [ArtifactIdentity] = []
      for toolchain in try choice.findToolchains(cancellation) {
        let resolution = try toolchain.resolve(lanes: 1)
        toolchain.finish()
        for (wish, result) in zip(toolchain.wishes, resolution.identities) {
          do { identities.append(try result.get()) } catch {
            throw PrecompileError.backendUnavailable(wish, toolchain.location, error)
          }
        }
      }
      return identities
    }

    /// `wasmprecompile-v1-0123456789abcdef`, whatever the order of hosts and backends.
    static func word(for identities: [ArtifactIdentity]) -> String {
      let all = Set(identities.map { "\($0.digest.hex)\n" }).sorted().joined()
      return "\(Program.name)-\(CacheLayout.version)-\(WasmHash.generate(Array(all.utf8)).encode().prefix(16))"
    }
  }
}
