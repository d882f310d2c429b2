/// The tables of files that are about hosts: `[host.NAME]`.
extension TableSetting {
  /// A host's settings are those that every run has about compiling, and the two that are about hosts alone.
  static let host: TableSetting = {
    let own = [
      Setting("like", SettingRules<PathArgument>.byAnyone("a path"), unset: .described("")),
      Setting("engine-config", SettingRules<PathArgument>.byAnyone("a path"), unset: .described("")),
    ]
    let members = EngineOptions.members + CompilerOptions.members + HostOptions.members
    return TableSetting(
      key: "host", isForUsersOnly: false, settings: members.flatMap(\.settings).filter { $0.key != "hosts" } + own)
  }()
}

extension Settings {
  /// The kinds of tables that files may have.
  static let tables: [TableSetting] = [.host]
}
