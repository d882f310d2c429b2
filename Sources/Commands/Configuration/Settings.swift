/// Everything that can be set in the environment and in files.
enum Settings {
  /// The settings in the order of the help.
  static let all = PrecompileInvocation.members.flatMap(\.settings)
}
