/// Hosts as a fleet has them in the middle of an upgrade: three configurations, two releases of the engine.
struct HostSet {
  struct Host {
    let name: String
    /// The engine's library; nil for the tool's own.
    let engine: String?
    /// As `-W` takes them.
    let settings: [String]
  }

  let hosts: [Host]

  /// A host without anything set, whose engine is the tool's own.
  static let one = HostSet(hosts: [Host(name: "plain", engine: nil, settings: [])])

  /// Hosts whose settings differ in what few modules need, so that the same artifact suits all of them.
  static let alike = HostSet(hosts: [
    Host(name: "plain", engine: nil, settings: []),
    Host(name: "unthreaded", engine: nil, settings: ["threads=n"]),
    Host(name: "older", engine: nil, settings: ["gc=n", "tail-call=n"]),
  ])

  static func fleet(at site: Site) throws -> HostSet {
    try HostSet(hosts: [
      Host(name: "plain", engine: nil, settings: []),
      Host(name: "runner", engine: nil, settings: ["fuel=1", "threads=n"]),
      Host(name: "edge", engine: site.otherEngine(), settings: ["epoch-interruption"]),
    ])
  }

  /// Writes the user's configuration that describes the hosts.
  ///
  /// - Returns: the directory that XDG_CONFIG_HOME must name.
  func writeConfiguration(at site: Site) throws -> String {
    let home = "\(site.scratch)/config-\(hosts.map(\.name).joined(separator: "-"))"
    try Files.makeDirectory("\(home)/wasmprecompile")
    let tables = hosts.map { host in
      let engine = host.engine.map { "engine = \"\($0)\"\n" } ?? ""
      let settings = host.settings.map { "\"\($0)\"" }.joined(separator: ", ")
      return "[host.\(host.name)]\n\(engine)wasm = [\(settings)]\n"
    }
    try Files.write(Array(tables.joined().utf8), to: "\(home)/wasmprecompile/config.toml")
    return home
  }
}
