internal import ArgumentParser

/// An option: its value, and everything that is said about it.
///
/// Nothing about an option is written anywhere else. The parser, the help, the manual, completions, the environment, files
/// of settings and `config show` take what they need from here. A new option is one such property in its group.
///
/// A group of options is a plain value, and making it costs no look at what options there are. ``OptionContext`` decides
/// what the properties are made from. Without one they have the values that hold where nobody sets anything.
@propertyWrapper
struct CommandOption<Value: Sendable>: Sendable {
  var wrappedValue: Value
  /// Where the value was set; nil if nobody set it.
  private(set) var origin: OptionOrigin?

  /// Whether the command line has it.
  var isGiven: Bool { origin == .commandLine }

  /// - Parameters:
  ///   - standard: the value where nobody sets anything.
  ///   - key: the setting's name in the environment and in files.
  ///   - read: understands what was written for the setting.
  ///   - take: takes the option out of the words of a command line; nil if they do not have it.
  ///   - define: called only to learn what options there are.
  private init(
    _ standard: Value, _ name: String, key: String, read: ([String]) -> Value?,
    take: (CommandWords) -> (any Sendable)?, define: () -> OptionMember
  ) {
    wrappedValue = standard
    switch OptionContext.current {
    case nil: break
    case .definitions(let collector): collector.add(define())
    case .words(let words):
      if let word = take(words), let value = word as? Value {
        wrappedValue = value
        origin = .commandLine
        words.note(name, word)
      }
    case .values(let given, let settings):
      // The cast has two steps, because to Swift nothing is an optional without a value.
      if let word = given[name], let value = word as? Value {
        wrappedValue = value
        origin = .commandLine
      } else if let setting = settings[key], let value = read(setting.texts) {
        wrappedValue = value
        origin = setting.origin
      }
    }
  }
}

// MARK: Kinds of options

extension CommandOption {
  /// An option with a value of its own while nobody sets it; the help says which.
  init(
    wrappedValue: Value, _ name: String, help: @autoclosure () -> ArgumentHelp,
    setting: @autoclosure () -> SettingRules<Value>? = nil
  ) where Value: OptionValue {
    self.init(
      wrappedValue, name, key: name, read: { $0.first.flatMap(Value.init) },
      take: { $0.takeValues(name, read: Value.init(argument:)).last },
      define: {
        let standard = wrappedValue.defaultValueDescription
        var help = help()
        help.abstract += " Default: \(standard)."
        return OptionMember(
          name, setting: setting().map { Setting(name, $0, unset: .values([standard])) },
          property: { [help] in Option<Value?>(name: .customLong(name), help: help) },
          read: { try $0.decode(Option<Value?>.self, forKey: name) })
      })
  }

  /// An option without a value while nobody sets it.
  init<Element: OptionValue>(
    wrappedValue: Value = nil, _ name: String, short: Character? = nil, help: @autoclosure () -> ArgumentHelp,
    completion: CompletionKind? = nil, setting: @autoclosure () -> SettingRules<Element>? = nil
  ) where Value == Element? {
    self.init(
      wrappedValue, name, key: name, read: { $0.first.map { Element(argument: $0) } },
      take: { $0.takeValues(name, short, read: Element.init(argument:)).last },
      define: {
        OptionMember(
          name, setting: setting().map { Setting(name, $0, unset: .described($0.unset)) },
          property: { [help = help()] in
            let names = NameSpecification(long: name, short: short, mayBeJoined: true)
            return Option<Element?>(name: names, help: help, completion: completion)
          },
          read: { try $0.decode(Option<Element?>.self, forKey: name) })
      })
  }

  /// A list, which grows each time the option is given.
  ///
  /// - Parameter key: the setting's, if it is not the option's name.
  init<Element: OptionValue>(
    wrappedValue: Value, _ name: String, short: Character? = nil, key: String? = nil,
    help: @autoclosure () -> ArgumentHelp, completion: CompletionKind? = nil,
    setting: @autoclosure () -> SettingRules<Element>? = nil
  ) where Value == [Element] {
    self.init(
      wrappedValue, name, key: key ?? name, read: { $0.compactMap(Element.init) },
      take: { words in
        let values = words.takeValues(name, short, read: Element.init(argument:))
        return values.isEmpty ? nil : values
      },
      define: {
        OptionMember(
          name,
          setting: setting().map { rules in
            let standard = UnsetSetting.values(wrappedValue.map(\.defaultValueDescription))
            return Setting(key ?? name, option: name, rules, isList: true, unset: standard)
          },
          property: { [help = help()] in
            let names = NameSpecification(long: name, short: short, mayBeJoined: true)
            return Option<[Element]>(wrappedValue: [], name: names, help: help, completion: completion)
          },
          read: { container in
            let values = try container.decode(Option<[Element]>.self, forKey: name)
            return values.isEmpty ? nil : values
          })
      })
  }

  /// A flag, which is up when the option is given.
  init(
    wrappedValue: Value, _ name: String, short: Character? = nil, help: @autoclosure () -> ArgumentHelp,
    setting: @autoclosure () -> SettingRules<Bool>? = nil
  ) where Value == Bool {
    self.init(
      wrappedValue, name, key: name, read: { $0.first.map { $0 == "true" } },
      take: { $0.takeFlag(name, short) ? true : nil },
      define: {
        OptionMember(
          name, setting: setting().map { Setting(flag: name, $0, unset: .values(["\(wrappedValue)"])) },
          property: { [help = help()] in
            Flag(wrappedValue: false, name: NameSpecification(long: name, short: short), help: help)
          },
          read: { try $0.decode(Flag<Bool>.self, forKey: name) ? true : nil })
      })
  }

  /// Words that belong to no option.
  init<Element: OptionValue>(
    wrappedValue: Value, argument name: String, help: @autoclosure () -> ArgumentHelp, completion: CompletionKind? = nil
  ) where Value == [Element] {
    self.init(
      wrappedValue, name, key: name, read: { _ in nil },
      // What is left when all options were taken is known last.
      take: { _ in nil },
      define: {
        OptionMember(
          name, setting: nil,
          property: { [help = help()] in Argument<[Element]>(wrappedValue: [], help: help, completion: completion) },
          read: { try $0.decode(Argument<[Element]>.self, forKey: name) })
      })
  }
}

extension NameSpecification {
  fileprivate init(long: String, short: Character?, mayBeJoined: Bool = false) {
    self.init([.customLong(long)] + (short.map { [.customShort($0, allowingJoined: mayBeJoined)] } ?? []))
  }
}
