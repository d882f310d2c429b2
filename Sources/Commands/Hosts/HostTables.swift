internal import SystemPackage

/// The hosts that configuration files describe, one in each table `[host.NAME]`.
enum HostTables {
  /// A host's settings are those that every run has, and the two that are about hosts alone.
  static var kind: TableSetting {
    let own = [
      Setting("like", SettingRules<PathArgument>.byAnyone("a path"), unset: .described("")),
      Setting("engine-config", SettingRules<PathArgument>.byAnyone("a path"), unset: .described("")),
    ]
    let members = EngineOptions.members + CompilerOptions.members + HostOptions.members
    return TableSetting(
      key: "host", isForUsersOnly: false, settings: members.flatMap(\.settings).filter { $0.key != "hosts" } + own)
  }

  /// Finds a host by its name. A project's file counts before the user's, and may not say which engine is used.
  ///
  /// - Parameter place: what the project's file lies above, or in.
  static func named(_ name: String, for place: FilePath) throws(RunFailure) -> NamedTable {
    var all: [NamedTable] = []
    if let file = try ConfigurationFile.nearest(to: place) { all += try file.tables(kind, isProject: true) }
    if let path = Configuration.userFile, let file = try ConfigurationFile(at: path) {
      all += try file.tables(kind, isProject: false)
    }
    if let table = all.first(where: { $0.name == name }) { return table }
    let names = all.map(\.name)
    let advice =
      names.isEmpty
      ? "no configuration file has a table [host.\(name)]"
      : names.nearest(to: name, within: max(2, name.count / 3)).map { "did you mean \($0)?" }
        ?? "the hosts are \(names.joined(separator: ", "))"
    throw RunFailure(status: .usage, message: "--host: there is no host “\(name.printable)”: \(advice.printable)")
  }
}
