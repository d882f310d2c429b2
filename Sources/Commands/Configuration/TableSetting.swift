/// A kind of tables that files of settings may have, each with a name: `[host.NAME]`.
struct TableSetting: Sendable {
  /// `host`
  let key: String
  /// Whether a project's file may not have any.
  let isForUsersOnly: Bool
  /// The settings that may stand in one.
  let settings: [Setting]
}

/// One table of a kind, with its name.
struct NamedTable: Sendable {
  let name: String
  /// The values by the settings' keys.
  let values: GivenSettings
  /// The place where its name is.
  let origin: OptionOrigin
}
