/// One choice in how an engine is configured, under the name that wasmtime's command line and file of settings give it.
public struct EngineSetting: Hashable, Sendable {
  /// The kinds of settings that wasmtime tells apart: `-O`, `-C`, `-D` and `-W` on its command line, tables in its file.
  public enum Group: String, CaseIterable, Hashable, Sendable {
    case optimize, codegen, debug, wasm

    /// The letter of the option: `O` for `-O`.
    public var letter: Character {
      switch self {
      case .optimize: "O"
      case .codegen: "C"
      case .debug: "D"
      case .wasm: "W"
      }
    }
  }

  /// What a value of the setting looks like.
  enum Form: Hashable, Sendable {
    case toggle
    /// A number of bytes, or of anything else.
    case number
    case choice([String])
    /// Any text.
    case text
  }

  /// What the setting has to do with artifacts.
  enum Effect: Hashable, Sendable {
    /// It decides which artifacts an engine loads, or what they are like. The C API has functions for it.
    case decides([Access])
    /// It decides, and the C API has no function for it: only a Rust host can have another value than this.
    case rustOnly(standard: String)
    /// It decides, and in the C API it always has the value of another setting, or this where that is not set.
    case follows(String, standard: String)
    /// It decides about code that uses garbage collection, and only a Rust host can have another value than this. It loads
    /// artifacts that were made without.
    case forbidsGC(unless: String)
    /// It decides what the code is like, a Rust host's compiler alone can be told, and every host loads either.
    case rustCompilerOnly
    /// Artifacts are the same with and without it.
    case nothing
    /// It is another name for a setting.
    case means(String, inverted: Bool = false)
  }

  /// The functions by which some releases take a setting.
  struct Access: Hashable, Sendable {
    let functions: [String]
    /// The function takes the opposite.
    var isInverted = false
    /// The major release that had it first.
    let since: Int
    /// The last major release that has it; nil if the newest does.
    var until: Int?
  }

  public let name: String
  public let group: Group
  let form: Form
  let effect: Effect

  /// The value's form, as in "must be …".
  var expectation: String {
    switch form {
    case .toggle: "y or n"
    case .number: "a number"
    case .choice(let words): words.joined(separator: ", ")
    case .text: "a value"
    }
  }

  /// Reads a value, and writes it as it is written everywhere: `true` or `false`, a decimal number, a word.
  ///
  /// - Parameter text: nil if only the setting's name was given.
  /// - Returns: nil unless the setting can have it.
  func canonical(_ text: String?) -> String? {
    switch form {
    case .toggle:
      switch text ?? "y" {
      case "y", "yes", "true": return "true"
      case "n", "no", "false": return "false"
      default: return nil
      }
    case .number:
      guard let text else { return nil }
      let number = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text.replacing("_", with: ""))
      return number.map { "\($0)" }
    case .choice(let words):
      return text.flatMap { words.contains($0) ? $0 : nil }
    case .text: return text ?? ""
    }
  }
}

extension EngineSetting {
  /// Whether artifacts are the same with and without a setting, whatever its value.
  package static func isWithoutEffect(_ name: String) -> Bool { named(name)?.effect == .nothing }

  /// The settings that the C API can choose from a few values, and these.
  package static var choices: [(name: String, values: [String])] {
    all.compactMap { setting in
      guard case .decides(let accesses) = setting.effect else { return nil }
      if accesses.isEmpty && setting.name != backtraceDetails { return nil }
      switch setting.form {
      case .toggle: return (setting.name, ["true", "false"])
      case .choice(let words): return (setting.name, words)
      case .number: return setting.name == fuel ? (fuel, ["true"]) : nil
      case .text: return nil
      }
    }
  }

  /// The setting that always has the value of another one in the C API.
  package static func follower(of name: String) -> String? {
    all.first { if case .follows(name, _) = $0.effect { true } else { false } }?.name
  }

  /// The settings that are numbers.
  package static var numbers: [String] {
    all.filter { setting in
      guard case .decides = setting.effect, setting.form == .number else { return false }
      return setting.name != fuel
    }.map(\.name)
  }

  /// The settings of a group, as a list for people.
  package static func help(of group: Group) -> String {
    let names = all.filter { $0.group == group && !$0.name.isEmpty }
    let width = names.map(\.name.count).max() ?? 0
    let lines = names.map { setting in
      setting.name + String(repeating: " ", count: width + 2 - setting.name.count) + setting.summary
    }
    return "Settings of -\(group.letter):\n" + lines.map { "  \($0)\n" }.joined()
  }

  private var summary: String {
    switch effect {
    case .decides(let accesses):
      guard let since = accesses.map(\.since).min(), since > 24 else { return expectation }
      return "\(expectation); releases since \(since)"
    case .rustOnly(let standard): return "always \(standard): only Rust hosts can choose"
    case .follows(let name, _): return "as \(name): only Rust hosts can choose"
    case .forbidsGC(let standard): return "\(standard); for a Rust host with another, artifacts are made without it"
    case .rustCompilerOnly: return "\(expectation); has an effect on compilers of Rust hosts only"
    case .nothing: return "has no effect on artifacts"
    case .means(let name, _): return "an older name of \(name)"
    }
  }
}
