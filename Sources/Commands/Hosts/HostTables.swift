internal import SystemPackage
internal import WasmEngine

/// The hosts that configuration files describe, one in each table `[host.NAME]`.
enum HostTables {
  /// Finds a host by its name. The user's file counts before a project's: a project must not change what
  /// the user's own hosts are, and may not say which engine is used.
  ///
  /// - Parameter place: what the project's file lies above, or in.
  static func named(_ name: String, for place: FilePath) throws(RunFailure) -> NamedTable {
    let all = try all(for: place)
    if let table = all.first(where: { $0.name == name }) { return table }
    let names = all.map(\.name)
    let advice =
      names.isEmpty
      ? "describe it in a table [host.\(name)] of \(Configuration.userFile?.printable ?? "config.toml")"
      : names.nearest(to: name, within: max(2, name.count / 3)).map { "did you mean \($0)?" }
        ?? "the hosts are \(names.joined(separator: ", "))"
    throw RunFailure(status: .usage, message: "--host: there is no host “\(name.printable)”: \(advice.printable)")
  }

  /// The engine libraries that hosts have of their own.
  static func engines(for place: FilePath) throws(RunFailure) -> [EngineLocation] {
    try all(for: place).flatMap { table in
      let engine = EngineOptions(given: [:], table.values)
      return engine.engine == nil ? [] : engine.search.candidates
    }
  }

  private static func all(for place: FilePath) throws(RunFailure) -> [NamedTable] {
    var all: [NamedTable] = []
    if let path = Configuration.userFile, let file = try ConfigurationFile(at: path) {
      all += try file.tables(.host, isProject: false)
    }
    if let file = try ConfigurationFile.nearest(to: place) { all += try file.tables(.host, isProject: true) }
    return all
  }
}
