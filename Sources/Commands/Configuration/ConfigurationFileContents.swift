internal import LinuxIO
internal import SystemPackage
internal import TOMLKit

// What a configuration file says: TOML with settings by their keys, nothing else.
extension ConfigurationFile {
  /// The values of the settings that it has, each checked.
  ///
  /// - Parameter isProject: whether it came with a project, so that it may not choose what code runs, is trusted or is kept.
  func values(isProject: Bool) throws(RunFailure) -> [String: Configuration.Given] {
    let table = try parsed()
    var found: [String: Configuration.Given] = [:]
    for key in table.keys.sorted(by: { line(of: $0) < line(of: $1) }) {
      guard let setting = Settings.all.first(where: { $0.key == key }) else { throw unknown(key) }
      if isProject && setting.isForUsersOnly { throw refused(setting) }
      found[key] = Configuration.Given(
        texts: try texts(table[key], for: setting), origin: .file(path, line: line(of: key)))
    }
    return found
  }

  private func parsed() throws(RunFailure) -> TOMLTable {
    // The parser takes C strings, which end at a NUL.
    if let index = text.firstIndex(of: 0) {
      throw failure(line: 1 + text[..<index].count { $0 == UInt8(ascii: "\n") }, "is not TOML: it has a NUL")
    }
    guard let text = String(validating: text, as: UTF8.self) else {
      throw failure(line: 1, "is not TOML: it is not UTF-8")
    }
    do {
      return try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw failure(line: error.source.begin.line, "is not TOML: \(error.description)")
    } catch {
      throw failure(line: 1, "is not TOML: \(error)")
    }
  }

  private func texts(_ value: TOMLValue?, for setting: any AnySetting) throws(RunFailure) -> [String] {
    func wrong(_ found: String) -> RunFailure {
      failure(line: line(of: setting.key), "\(setting.key) must be \(setting.expectationInFile), not \(found)")
    }
    guard let value else { return [] }
    let texts: [String]
    switch (setting.kind, value.type) {
    case (.text, .string), (.list, .string): texts = [value.string ?? ""]
    case (.path, .string):
      let path = FilePath(value.string ?? "")
      guard !path.isEmpty else { throw wrong("''") }
      texts = [RawArguments.encode(self.path.removingLastComponent().pushing(path).bytes)]
    case (.number, .int): texts = ["\(value.int ?? 0)"]
    case (.number, .double): texts = ["\(value.double ?? 0)"]
    case (.toggle, .bool): texts = ["\(value.bool ?? false)"]
    case (.list, .array):
      texts = try (value.array ?? []).map { (element: any TOMLValueConvertible) throws(RunFailure) in
        guard let text = element.string else { throw wrong("a list with \(element.type.withArticle)") }
        return text
      }
    default: throw wrong(value.type.withArticle)
    }
    for text in texts where !setting.accepts(text) { throw wrong("'\(text)'") }
    return texts
  }

  // MARK: What is wrong

  private func unknown(_ key: String) -> RunFailure {
    let known = Settings.all.map(\.key)
    let advice =
      known.nearest(to: key).map { "did you mean '\($0)'?" } ?? "the keys are \(known.joined(separator: ", "))"
    return failure(line: line(of: key), "unknown key '\(key)'; \(advice)")
  }

  private func refused(_ setting: any AnySetting) -> RunFailure {
    failure(
      line: line(of: setting.key),
      """
      \(setting.key) may not be set by a project: it decides what code runs, is trusted or is kept; use \(setting.option), \
      $\(setting.variable) or your own \(Configuration.userFile?.printable ?? "config.toml")
      """)
  }

  private func failure(line: Int, _ message: String) -> RunFailure {
    RunFailure(status: .usage, message: "\(path.printable):\(line): \(message.printable)")
  }

  /// The line on which a top-level key is set, for messages: the parser's Swift interface does not tell.
  private func line(of key: String) -> Int {
    let lines = String(decoding: text, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
    let index = lines.firstIndex { line in
      var rest = line.drop { $0.isWhitespace || $0 == "[" || $0 == "\"" || $0 == "'" }
      guard rest.hasPrefix(key) else { return false }
      rest = rest.dropFirst(key.count).drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
      return rest.first.map { "=.]".contains($0) } ?? false
    }
    return (index ?? 0) + 1
  }
}

extension AnySetting {
  fileprivate var expectationInFile: String {
    kind == .list ? "a list of \(expectation)" : expectation
  }
}

extension TOMLType {
  fileprivate var withArticle: String {
    switch self {
    case .table: "a table"
    case .array: "a list"
    case .string: "a string"
    case .int, .double: "a number"
    case .bool: "true or false"
    case .date, .time, .dateTime: "a date or time"
    }
  }
}
