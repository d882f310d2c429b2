internal import ProgramToolchain
internal import WasmEngine

/// Something in a table `[backend.NAME]` that cannot be meant.
struct DescriptionTrouble: Error {
  let line: Int
  let message: String
}

extension CompilerDescription {
  /// Reads the table of a compiler.
  ///
  /// - Parameter line: where the table begins.
  init(_ name: String, _ table: TOMLTable, line: Int) throws(DescriptionTrouble) {
    self.init(name: name)
    guard Self.isName(name) else {
      throw DescriptionTrouble(
        line: line, message: "'\(name)' cannot be a backend's name: it must be lower case letters, digits and dashes")
    }
    for entry in table.entries { try set(entry) }
    if let complaint { throw DescriptionTrouble(line: line, message: "[backend.\(name)]: \(complaint)") }
  }

  private static let keys = [
    "summary", "get", "llvm", "programs", "files", "reads", "version", "helpers", "commands", "opt-level", "cpu",
    "cpu-feature", "baseline", "target", "targets", "config", "suffix", "magic", "cores", "refuses", "hints",
  ]

  private mutating func set(_ entry: TOMLTable.Entry) throws(DescriptionTrouble) {
    let reader = EntryReader(entry)
    switch entry.key {
    case "summary": summary = try reader.text()
    case "get": get = try reader.text()
    case "llvm": isLLVM = try reader.bool()
    case "programs": programs = try reader.places()
    case "files": files = try reader.places()
    case "reads": reads = try reader.texts()
    case "version": version = try reader.commands()
    case "helpers": helpers = try reader.commands()
    case "commands": commands = try reader.commands()
    case "opt-level": optimization = try reader.levels()
    case "cpu": processor = try reader.texts()
    case "cpu-feature": feature = try reader.texts()
    case "baseline": baseline = try reader.texts()
    case "target": target = try reader.texts()
    case "targets": targets = try reader.texts()
    case "config": configuration = try reader.texts()
    case "suffix": suffix = try reader.text()
    case "magic":
      guard let bytes = [UInt8](hex: try reader.text().utf8), bytes.count <= 64 else {
        throw reader.wrong("hexadecimal digits")
      }
      magic = bytes
    case "cores":
      switch try reader.text() {
      case "one": usesAllCores = false
      case "all": usesAllCores = true
      default: throw reader.wrong("\"one\" or \"all\"")
      }
    case "hints": hints = try reader.texts(by: "versions")
    case "refuses":
      refuses = []
      for word in try reader.texts() {
        guard let refusal = Refusal(rawValue: word) else { throw reader.wrong("a list of \"components\"") }
        refuses.insert(refusal)
      }
    default:
      let advice =
        Self.keys.nearest(to: entry.key, within: max(2, entry.key.count / 3)).map { "did you mean '\($0)'?" }
        ?? "the keys are \(Self.keys.joined(separator: ", "))"
      throw DescriptionTrouble(line: entry.line, message: "unknown key '\(entry.key)' in [backend.\(name)]; \(advice)")
    }
  }
}

/// Reads the value of one key.
private struct EntryReader {
  private let entry: TOMLTable.Entry

  init(_ entry: TOMLTable.Entry) { self.entry = entry }

  func wrong(_ expectation: String) -> DescriptionTrouble {
    DescriptionTrouble(
      line: entry.line, message: "\(entry.key) must be \(expectation), not \(entry.value.withArticle)\(written)")
  }

  private var written: String { if case .string(let text) = entry.value { " '\(text)'" } else { "" } }

  func text() throws(DescriptionTrouble) -> String {
    guard case .string(let text) = entry.value else { throw wrong("a string") }
    return text
  }

  func bool() throws(DescriptionTrouble) -> Bool {
    guard case .boolean(let value) = entry.value else { throw wrong("true or false") }
    return value
  }

  func texts() throws(DescriptionTrouble) -> [String] {
    guard let texts = entry.value.texts else { throw wrong("a string or a list of strings") }
    return texts
  }

  /// A table of texts.
  func texts(by what: String) throws(DescriptionTrouble) -> [String: String] {
    guard case .table(let table) = entry.value else { throw wrong("a table of \(what) with their texts") }
    var texts: [String: String] = [:]
    for entry in table.entries { texts[entry.key] = try EntryReader(entry).text() }
    return texts
  }

  /// One command, or several.
  func commands() throws(DescriptionTrouble) -> [[String]] {
    guard case .array(let elements) = entry.value else { throw wrong("a list of commands, each a list of strings") }
    if let command = entry.value.texts { return command.isEmpty ? [] : [command] }
    var all: [[String]] = []
    for element in elements {
      guard case .array = element, let command = element.texts, !command.isEmpty else {
        throw wrong("a list of commands, each a list of strings")
      }
      all.append(command)
    }
    return all
  }

  func places() throws(DescriptionTrouble) -> [CompilerDescription.Place] {
    guard case .table(let table) = entry.value else { throw wrong("a table of names with their places") }
    return try table.entries.map { (entry) throws(DescriptionTrouble) in
      guard let candidates = entry.value.texts, !candidates.isEmpty else {
        throw EntryReader(entry).wrong("a string or a list of strings")
      }
      return CompilerDescription.Place(name: entry.key, candidates: candidates)
    }
  }

  func levels() throws(DescriptionTrouble) -> [OptimizationLevel: [String]] {
    guard case .table(let table) = entry.value else { throw wrong("a table of none, speed and speed-and-size") }
    var levels: [OptimizationLevel: [String]] = [:]
    for entry in table.entries {
      let name = entry.key.map { $0 == "_" ? "-" : String($0) }.joined()
      guard let level = OptimizationLevel(rawValue: name) else {
        throw DescriptionTrouble(
          line: entry.line, message: "opt-level has no '\(entry.key)': the levels are none, speed and speed-and-size")
      }
      guard let arguments = entry.value.texts else { throw EntryReader(entry).wrong("a string or a list of strings") }
      levels[level] = arguments
    }
    return levels
  }
}

extension TOMLValue {
  /// The strings of a list of strings, or a string alone; nil for anything else.
  fileprivate var texts: [String]? {
    switch self {
    case .string(let text): return [text]
    case .array(let elements):
      let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
      return texts.count == elements.count ? texts : nil
    default: return nil
    }
  }
}
