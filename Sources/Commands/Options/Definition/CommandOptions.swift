internal import ArgumentParser

/// A group of options that belong together: a plain value whose properties are each a ``CommandOption`` or an
/// ``OptionSection``.
protocol CommandOptions: Sendable {
  /// Makes it from ``OptionContext``.
  init()

  /// Refuses options that do not go together; called once the command line was read, and before anything else was.
  func validate() throws
}

extension CommandOptions {
  func validate() throws {}

  /// Its options and sections, in the order of declaration.
  static var members: [OptionMember] {
    let collector = OptionCollector()
    _ = OptionContext.$current.withValue(.definitions(collector)) { Self() }
    return collector.members
  }

  /// Makes it from the command line, and from the configuration where the command line leaves an option open.
  init(given: GivenOptions, _ settings: GivenSettings = [:]) {
    self = OptionContext.$current.withValue(.values(given, settings)) { Self() }
  }
}

/// A group of options within another.
@propertyWrapper
struct OptionSection<Group: CommandOptions>: Sendable {
  var wrappedValue: Group

  /// - Parameter title: above the options in the help; sections of one title are one there.
  init(_ title: String = "") {
    guard case .definitions(let collector) = OptionContext.current else {
      wrappedValue = Group()
      if case .words(let words) = OptionContext.current {
        do { try wrappedValue.validate() } catch { words.refuse() }
      }
      return
    }
    wrappedValue = OptionContext.$current.withValue(nil) { Group() }
    // One without a title is nothing to the parser: where builds are checked, it takes five times as long for each group that
    // lies in another.
    if title.isEmpty {
      for member in Group.members { collector.add(member) }
      return
    }
    let name = "\(Group.self)"
    collector.add(
      OptionMember(
        name: name, settings: Group.members.flatMap(\.settings),
        property: { OptionGroup<ParsedOptions<Group>>(title: title) },
        read: { try $0.decode(OptionGroup<ParsedOptions<Group>>.self, forKey: name).given }))
  }
}

/// A group of options as a command has it: `@OptionGroup @ParsedOptions var cache: CacheOptions`.
///
/// The argument parser looks for a type's options by reflection, and this shows it those that the group defines.
@propertyWrapper
struct ParsedOptions<Group: CommandOptions>: ParsableArguments, CustomReflectable {
  private(set) var wrappedValue: Group
  let given: GivenOptions

  init() { self.init(given: [:]) }

  init(given: GivenOptions) {
    self.given = given
    wrappedValue = Group(given: given)
  }

  init(from decoder: any Decoder) throws {
    let container = try ParsedContainer(decoder)
    self.init(
      given: try Group.members.reduce(into: [:]) { given, member in
        given.merge(try member.read(container)) { $1 }
      })
  }

  func validate() throws { try wrappedValue.validate() }

  /// Fills what the command line left open.
  mutating func fill(from settings: GivenSettings) { wrappedValue = Group(given: given, settings) }

  var customMirror: Mirror {
    Mirror(self, children: Group.members.map { (label: $0.name, value: $0.property()) })
  }
}
