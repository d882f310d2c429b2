internal import ArgumentParser
internal import Synchronization

/// What the command line has, by the options' names: for an option its value, for a list all of its values.
typealias GivenOptions = [String: any Sendable]

/// What there is to know of a member of a group of options: an option, or a group within.
struct OptionMember: Sendable {
  let name: String
  /// Those that it may be set by outside the command line.
  let settings: [Setting]
  /// What the argument parser finds where it looks for properties.
  let property: @Sendable () -> any Sendable
  /// Gets what the command line has of it from the argument parser.
  let read: @Sendable (ParsedContainer) throws -> GivenOptions
}

extension OptionMember {
  /// - Parameter read: gets the option's value from the argument parser; nil if the command line does not have it.
  init(
    _ name: String, setting: Setting?, property: @escaping @Sendable () -> any Sendable,
    read: @escaping @Sendable (ParsedContainer) throws -> (any Sendable)?
  ) {
    self.name = name
    settings = setting.map { [$0] } ?? []
    self.property = property
    self.read = { container in try read(container).map { [name: $0] } ?? [:] }
  }
}

/// Gathers the members of a group.
final class OptionCollector: Sendable {
  private let gathered = Mutex<[OptionMember]>([])

  /// In the order of declaration, which is that of the help.
  var members: [OptionMember] { gathered.withLock { $0 } }

  func add(_ member: OptionMember) { gathered.withLock { $0.append(member) } }
}

/// What the argument parser found, by names.
struct ParsedContainer {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  private let container: KeyedDecodingContainer<Key>

  init(_ decoder: any Decoder) throws { container = try decoder.container(keyedBy: Key.self) }

  func decode<Value>(_ type: Option<Value>.Type, forKey name: String) throws -> Value {
    try container.decode(type, forKey: Key(stringValue: name)).wrappedValue
  }

  func decode(_ type: Flag<Bool>.Type, forKey name: String) throws -> Bool {
    try container.decode(type, forKey: Key(stringValue: name)).wrappedValue
  }

  func decode<Value>(_ type: Argument<Value>.Type, forKey name: String) throws -> Value {
    try container.decode(type, forKey: Key(stringValue: name)).wrappedValue
  }

  func decode<Value>(_ type: OptionGroup<Value>.Type, forKey name: String) throws -> Value {
    try container.decode(type, forKey: Key(stringValue: name)).wrappedValue
  }
}
