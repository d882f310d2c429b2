internal import SystemPackage

/// The source of options' values, for as long as a group of options is being made.
///
/// A group's properties cannot be handed anything one by one: their initial values are written where they are declared,
/// and that keeps an option in one place. So this context is bound around the making of the group.
enum OptionContext: Sendable {
  /// The group is made to learn what options there are.
  case definitions(OptionCollector)
  /// The group is made to take its options out of a command line.
  case words(CommandWords)
  /// The command line has some options, and some settings are set elsewhere. The command line counts first.
  case values(GivenOptions, GivenSettings)

  @TaskLocal static var current: OptionContext?
}

/// Settings by their keys.
typealias GivenSettings = [String: GivenSetting]

/// The text of a setting where it is set; accepted by it.
struct GivenSetting: Sendable {
  let texts: [String]
  let origin: OptionOrigin
}

/// Where an option's value was set.
enum OptionOrigin: Hashable, Sendable {
  case commandLine
  case environment(variable: String)
  case file(FilePath, line: Int)
}
