internal import ArgumentParser
internal import LinuxIO
internal import Precompiler
internal import RemoteCache
internal import RemoteProtocol
internal import SystemPackage

/// The cache on another machine, and how it is spoken to.
///
/// Only users may set any of it: whoever writes to that cache decides what code runs, and a token goes where the address says.
struct RemoteOptions: CommandOptions {
  @CommandOption(
    "remote",
    help: ArgumentHelp(
      "A cache on another machine, from which artifacts are fetched and in which they are stored.",
      discussion: """
        grpc://HOST:PORT[/INSTANCE] for a server of the Remote Execution API, http://HOST[:PORT][/PATH] for one of Bazel's \
        HTTP caches, with TLS grpcs:// and https://; none for none.
        """, valueName: "address"),
    setting: .byUsersOnly(RemoteAddress.expectation, unset: "no other machine is asked"))
  var remote: RemoteAddress?

  @CommandOption(
    "remote-upload",
    help: ArgumentHelp(
      "Whether what is compiled here is stored there: on or off.",
      discussion: "Otherwise it is, but for builds of pull requests in CI.", valueName: "on|off"),
    setting: .byUsersOnly(unset: "on, but off where CI builds a pull request"))
  var upload: RemoteUpload?

  @CommandOption(
    "remote-execute",
    help: ArgumentHelp(
      "Have the server's workers compile what is missing; what they do not manage is compiled here.",
      discussion: "Their artifacts are signed like those that are made here (--sign-with): trust the server with that."),
    setting: .byUsersOnly())
  var execute = false

  @CommandOption(
    "remote-local-lanes",
    help: ArgumentHelp(
      "With --remote-execute: how many modules are compiled here at the same time, beside the server's; 0 for none.",
      discussion: "What the server's workers do not manage is compiled here all the same.", valueName: "n"),
    setting: .byUsersOnly("a number", unset: "as many as --jobs"))
  var localLanes: LaneCount?

  @CommandOption(
    "remote-platform",
    help: ArgumentHelp(
      "With --remote-execute: what a worker must have, such as OSFamily=linux; repeatable.",
      discussion:
        "The names are the server's. It gives work only to workers of that platform; where it has none, it may let work wait.",
      valueName: "name=value"),
    setting: .byUsersOnly(PlatformProperty.expectation))
  var platform: [PlatformProperty] = []

  @CommandOption(
    "remote-ca",
    help: ArgumentHelp(
      "Certificates of the authorities to trust instead of the system's, as a PEM file.", valueName: "file"),
    completion: .file(), setting: .byUsersOnly("a path", unset: "the system's authorities are trusted"))
  var authorities: PathArgument?

  @CommandOption(
    "remote-certificate",
    help: ArgumentHelp("The certificate that this client shows, as a PEM file.", valueName: "file"),
    completion: .file(), setting: .byUsersOnly("a path", unset: "no certificate is shown"))
  var certificate: PathArgument?

  @CommandOption(
    "remote-key", help: ArgumentHelp("The key of that certificate, as a PEM file.", valueName: "file"),
    completion: .file(), setting: .byUsersOnly("a path", unset: "no certificate is shown"))
  var key: PathArgument?

  @CommandOption(
    "remote-token-file",
    help: ArgumentHelp("A file whose first line is a bearer token for the server.", valueName: "file"),
    completion: .file(), setting: .byUsersOnly("a path", unset: "no token is sent"))
  var tokenFile: PathArgument?

  @CommandOption(
    "remote-salt",
    help: ArgumentHelp(
      "A word that is a part of every key: another word disowns everything that was stored before.", valueName: "word"),
    setting: .byUsersOnly("a word", unset: "nothing is added to keys"))
  var salt: String?

  @CommandOption(
    "remote-timeout",
    help: ArgumentHelp("How long the server may say nothing before it is given up.", valueName: "seconds"),
    setting: .byUsersOnly("a number of seconds above 0"))
  var timeout = Seconds(5)

  /// The use that a run makes of the cache; nil if none is named.
  func use() throws(RunFailure) -> RemoteUse? {
    guard let cache = try cache() else { return nil }
    let system = PullRequestBuild.system(Environment.value)
    var use = RemoteUse(cache, stores: upload.map { $0 == .on } ?? (system == nil))
    use.executes = execute
    use.mostExecuting = Int(RemoteSettings(address: "").calls)
    use.localLanes = localLanes?.value
    if upload == nil, let system {
      use.note =
        "nothing is stored in \(cache.name): \(system) builds a pull request (--remote-upload on stores all the same)"
    }
    return use
  }

  /// The cache that is named, before anything was asked of it; nil if none is.
  func cache() throws(RunFailure) -> RemoteCache? {
    guard let remote, let address = remote.text else {
      if let option = firstGiven, remote == nil {
        throw Self.refusal("\(option) goes with --remote: name the cache that it is for")
      }
      return nil
    }
    try require(remote)
    var settings = RemoteSettings(address: address)
    settings.authorities = Self.path(authorities)
    settings.certificate = Self.path(certificate)
    settings.certificateKey = Self.path(key)
    settings.token = Self.path(tokenFile)
    settings.salt = salt ?? ""
    settings.platform = platform.map(\.property)
    settings.patience = UInt32(clamping: Int((min(timeout.value, 86_400) * 1000).rounded(.up)))
    settings.toolVersion = Program.version
    let search = HelperSearch(named: Environment.path(HelperSearch.variable), program: Environment.executable)
    return RemoteCache(settings, helper: search)
  }

  /// The first of these options on the command line but `--remote` itself.
  private var firstGiven: String? {
    let all = [
      (_upload.isGiven, "--remote-upload"), (_execute.isGiven, "--remote-execute"),
      (_localLanes.isGiven, "--remote-local-lanes"), (_platform.isGiven, "--remote-platform"),
      (_authorities.isGiven, "--remote-ca"),
      (_certificate.isGiven, "--remote-certificate"), (_key.isGiven, "--remote-key"),
      (_tokenFile.isGiven, "--remote-token-file"), (_salt.isGiven, "--remote-salt"),
      (_timeout.isGiven, "--remote-timeout"),
    ]
    return all.first { $0.0 }?.1
  }

  /// Refuses what does not go together.
  private func require(_ remote: RemoteAddress) throws(RunFailure) {
    if certificate != nil && key == nil {
      throw Self.refusal("--remote-certificate needs its key: name that with --remote-key")
    }
    if key != nil && certificate == nil {
      throw Self.refusal("--remote-key needs its certificate: name that with --remote-certificate")
    }
    if _localLanes.isGiven && !execute {
      throw Self.refusal("--remote-local-lanes goes with --remote-execute: without that, everything is compiled here")
    }
    if _platform.isGiven && !execute {
      throw Self.refusal("--remote-platform goes with --remote-execute: without that, no worker is asked")
    }
    if _execute.isGiven && !remote.executes {
      throw Self.refusal(
        "--remote-execute: \(remote.text?.printable ?? "") only keeps artifacts: name a server of the Remote Execution API, "
          + "grpc://HOST:PORT")
    }
    if remote.usesTLS { return }
    let address = remote.text?.printable ?? ""
    let withTLS = remote.withTLS.printable
    if authorities != nil || certificate != nil {
      let option = authorities != nil ? "--remote-ca" : "--remote-certificate"
      throw Self.refusal("\(option) goes with TLS, which \(address) has not: write \(withTLS)")
    }
    if tokenFile != nil && !remote.isLoopback {
      throw Self.refusal(
        "--remote-token-file: whoever is on the way to \(address) could read the token: write \(withTLS)")
    }
  }

  private static func refusal(_ message: String) -> RunFailure { RunFailure(status: .usage, message: message) }

  private static func path(_ argument: PathArgument?) -> String {
    argument.map { Environment.absolute($0.path).string } ?? ""
  }
}

/// A number of lanes, of which there may be none, as an argument.
struct LaneCount: OptionValue {
  let value: Int

  init?(argument: String) {
    guard let value = Int(argument), value >= 0 else { return nil }
    self.value = value
  }

  static var form: SettingForm { .number }
}

/// What a worker must have, as an argument: `OSFamily=linux`.
struct PlatformProperty: OptionValue {
  static let expectation = "NAME=VALUE"

  let property: RemoteProperty

  /// The name ends at the first `=`. Servers compare texts, so nothing is left out or made lower case.
  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, argument.utf8.count <= 1024,
      argument.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { return nil }
    property = RemoteProperty(String(parts[0]), String(parts[1]))
  }

  var defaultValueDescription: String { "\(property.name)=\(property.value)" }
}

/// Whether artifacts are stored on another machine, as an argument.
enum RemoteUpload: String, CaseIterable, OptionValue {
  case on, off
}
