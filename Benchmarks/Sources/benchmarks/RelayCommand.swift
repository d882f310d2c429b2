internal import ArgumentParser

/// Passes on what a client and a server say, later: a long line between them. For ``DelayedServer`` to start.
struct RelayCommand: ParsableCommand {
  static let name = "relay"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  @Option(help: "The server's port at 127.0.0.1.") var to: Int
  @Option(help: "Milliseconds that pass until an answer to the first byte can be here.") var roundTrip: Int

  func run() throws {
    var relay = try Relay(to: to, oneWayNanoseconds: roundTrip * 1_000_000 / 2)
    Progress.say("relay at \(relay.port)")
    try relay.serve()
  }
}
