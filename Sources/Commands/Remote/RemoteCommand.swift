internal import ArgumentParser
internal import Precompiler
internal import RemoteCache
internal import RemoteProtocol

struct RemoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote", abstract: "Ask about the cache on another machine.", subcommands: [Status.self])

  struct Status: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "status", abstract: "Connect to the cache on another machine, and print what it is.",
      discussion: "The exit status is 0 only if a run could use it.")

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var remote: RemoteOptions

    mutating func fill(from settings: GivenSettings) { _remote.wrappedValue.fill(from: settings) }

    func run() throws {
      let lines = format.isJSON ? JSONLines("remote status") : nil
      let (name, facts) = try reportingFailure(to: lines) { () throws(RunFailure) in try ask() }
      if let lines {
        lines.write([
          "type": "remote", "address": .string(name),
          "facts": .array(facts.map { ["name": .string($0.name), "value": .string($0.value)] }),
        ])
        lines.write(["type": "summary"])
        return
      }
      var table = TextTable([.left, .left])
      table.append(["remote", name.printable])
      for fact in facts { table.append([fact.name.printable, fact.value.printable]) }
      Output.standard.write(table.text)
    }

    private func ask() throws(RunFailure) -> (name: String, [RemoteFact]) {
      guard let use = try remote.use(), let cache = try remote.cache() else {
        throw RunFailure(
          status: .usage,
          message:
            "no cache on another machine is named: name it with --remote, WASMPRECOMPILE_REMOTE or `remote` in a file")
      }
      defer { cache.close() }
      do throws(RemoteFailure) {
        var facts = try cache.status()
        facts.append(RemoteFact("artifacts made here", use.stores ? "are stored there" : "are not stored there"))
        if use.executes {
          // What the server says of itself. Whether a worker is free, or has the platform, shows only when it is given a module.
          let offers = facts.contains(RemoteFact.execution)
          facts.append(
            RemoteFact(
              "missing modules", offers ? "are compiled there" : "are compiled here: the server executes nothing"))
        }
        return (cache.name, facts)
      } catch {
        throw RunFailure(
          status: .engineUnavailable, message: "remote \(cache.name.printable): \(error.reason.printable)")
      }
    }
  }
}
