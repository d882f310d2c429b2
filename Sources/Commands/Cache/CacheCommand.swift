internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Look after the cache.",
    subcommands: [
      Directory.self, Key.self, List.self, Stats.self, CollectGarbage.self, Clear.self, Verify.self, Sign.self,
      Attest.self,
    ])

  struct Directory: ConfiguredCommand {
    static let configuration = CommandConfiguration(commandName: "dir", abstract: "Print the cache's directory.")

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions

    mutating func fill(from settings: GivenSettings) { _cache.wrappedValue.fill(from: settings) }

    func run() throws {
      let lines = format.isJSON ? JSONLines("cache dir") : nil
      let path = try reportingFailure(to: lines) { () throws(RunFailure) in try cache.path() }
      guard let lines else { return Output.standard.write(path.bytes + [UInt8(ascii: "\n")]) }
      lines.write(["type": "cache", "path": JSON(path)])
      lines.write(["type": "summary"])
    }
  }
}
