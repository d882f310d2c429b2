internal import ArgumentParser
internal import Synchronization

/// The values on the command line, by the options' names; a list's values are one array.
typealias GivenOptions = [String: any Sendable]

/// A member of a group of options: an option, or a group within.
struct OptionMember: Sendable {
  let name: String
  /// The settings that set it outside the command line.
  let settings: [Setting]
  /// The property that the argument parser finds by reflection.
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

  /// The members in the order of declaration, which is that of the help.
  var members: [OptionMember] { gathered.withLock { $0 } }

  func add(_ member: OptionMember) { gathered.withLock { $0.append(member) } }
}

/// The argument parser's findings, by names.
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
