internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Look after the cache.",
    subcommands: [
      Directory.self, List.self, Stats.self, CollectGarbage.self, Clear.self, Verify.self,
    ])

  struct Directory: ConfiguredCommand {
    static let configuration = CommandConfiguration(commandName: "dir", abstract: "Print the cache's directory.")

    @OptionGroup var cache: CacheOptions

    mutating func fill(from configuration: Configuration) { cache.fill(from: configuration) }

    func run() throws { Output.standard.write(try cache.path().bytes + [UInt8(ascii: "\n")]) }
  }

  struct Verify: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Check every artifact's bytes against its digest.",
      discussion: """
        Bad ones are named, and the exit status is 1 unless all of them were repaired. Those that were moved aside before are \
        named, too, until they are made again.
        """)

    @Flag(help: "Move bad artifacts to the cache's directory \"corrupt\", so that the next run makes them again.")
    var repair = false

    @OptionGroup var cache: CacheOptions

    mutating func fill(from configuration: Configuration) { cache.fill(from: configuration) }

    func run() throws {
      let path = try cache.path()
      var checked = 0
      var bytes = 0
      var bad = 0
      var repaired = 0
      var gone = 0
      do throws(CacheError) {
        try CacheDirectory.existing(at: path, trust: cache.trust)?.verify(repair: repair) { entry in
          checked += 1
          bytes += entry.size
          guard let fault = entry.fault else { return }
          if fault == .movedAside {
            gone += 1
            Output.error.write("\(entry.path.printable): warning: \(fault)\n")
            return
          }
          bad += 1
          if entry.repaired { repaired += 1 }
          Output.error.write(
            "\(entry.path.printable): error: \(fault.description.printable)\(entry.repaired ? " (moved aside)" : "")\n")
        }
      } catch {
        throw RunFailure(error)
      }
      let entries = Quantities.count(checked, "entry", "entries")
      let before = gone == 0 ? "" : "\(gone) moved aside before, "
      let faults =
        bad == 0
        ? gone == 0 ? "all good" : "all others good"
        : "\(bad) bad" + (repair ? ", \(repaired) moved aside" : "; --repair moves them aside")
      Output.standard.write("\(entries), \(Quantities.bytes(bytes)): \(before)\(faults)\n")
      if bad > repaired { throw ExitStatus.moduleFailed }
    }
  }
}
