internal import LinuxIO
internal import SystemPackage

// What a configuration file says: TOML with settings by their keys, nothing else.
extension ConfigurationFile {
  /// The values of the settings that it has, each checked.
  ///
  /// - Parameter isProject: whether it came with a project, so that it may not choose what code runs, is trusted or is kept.
  func values(isProject: Bool) throws(RunFailure) -> [String: Configuration.Given] {
    let entries: [TOMLReader.Entry]
    do { entries = try TOMLReader.entries(in: text) } catch {
      throw failure(error.line, "is not TOML: \(error.reason)")
    }
    var found: [String: Configuration.Given] = [:]
    for entry in entries {
      guard let setting = Settings.all.first(where: { $0.key == entry.key }) else { throw unknown(entry) }
      if isProject && setting.isForUsersOnly { throw refused(setting, entry) }
      found[entry.key] = Configuration.Given(
        texts: try texts(entry, for: setting), origin: .file(path, line: entry.line))
    }
    return found
  }

  /// The values of a project's file, none of which gives its modules more of the machine than the user or the defaults do.
  ///
  /// - Parameter layers: what the user set.
  func projectValues(beside layers: [[String: Configuration.Given]]) throws(RunFailure) -> [String: Configuration.Given]
  {
    let values = try values(isProject: true)
    for setting in Settings.all {
      guard let given = values[setting.key], let wanted = given.texts.compactMap(setting.grant).max(),
        case .values(let standard) = setting.unset, case .file(_, let line) = given.origin
      else { continue }
      let allowed = layers.flatMap { $0[setting.key]?.texts ?? [] } + standard
      let most = allowed.max { (setting.grant(of: $0) ?? 0) < (setting.grant(of: $1) ?? 0) } ?? ""
      if wanted > setting.grant(of: most) ?? 0 { throw raised(setting, above: most, line) }
    }
    return values
  }

  private func texts(_ entry: TOMLReader.Entry, for setting: any AnySetting) throws(RunFailure) -> [String] {
    func wrong(_ found: String) -> RunFailure {
      failure(entry.line, "\(setting.key) must be \(setting.expectationInFile), not \(found)")
    }
    let texts: [String]
    switch (setting.kind, entry.value) {
    case (.text, .string(let text)), (.list, .string(let text)): texts = [text]
    case (.path, .string(let text)):
      guard !text.isEmpty else { throw wrong("''") }
      texts = [RawArguments.encode(path.removingLastComponent().pushing(FilePath(text)).bytes)]
    case (.number, .integer(let number)): texts = ["\(number)"]
    case (.number, .float(let number)): texts = ["\(number)"]
    case (.toggle, .boolean(let value)): texts = ["\(value)"]
    case (.list, .array(let elements)):
      texts = try elements.map { (element) throws(RunFailure) in
        guard case .string(let text) = element else { throw wrong("a list with \(element.withArticle)") }
        return text
      }
    default: throw wrong(entry.value.withArticle)
    }
    for text in texts where !setting.accepts(text) { throw wrong("'\(text)'") }
    return texts
  }

  // MARK: What is wrong

  private func unknown(_ entry: TOMLReader.Entry) -> RunFailure {
    let known = Settings.all.map(\.key)
    let advice =
      known.nearest(to: entry.key, within: max(2, entry.key.count / 3)).map { "did you mean '\($0)'?" }
      ?? "the keys are \(known.joined(separator: ", "))"
    return failure(entry.line, "unknown key '\(entry.key)'; \(advice)")
  }

  private func refused(_ setting: any AnySetting, _ entry: TOMLReader.Entry) -> RunFailure {
    failure(
      entry.line,
      """
      \(setting.key) may not be set by a project: it decides what code runs, is trusted or is kept; use \(setting.option), \
      $\(setting.variable) or your own \(Configuration.userFile?.printable ?? "config.toml")
      """)
  }

  private func raised(_ setting: any AnySetting, above most: String, _ line: Int) -> RunFailure {
    failure(
      line,
      """
      \(setting.key) may not be raised above \(most) by a project: it bounds what a module may take of the machine; raise it \
      with $\(setting.variable) or in your own \(Configuration.userFile?.printable ?? "config.toml")
      """)
  }

  private func failure(_ line: Int, _ message: String) -> RunFailure {
    RunFailure(status: .usage, message: "\(path.printable):\(line): \(message.printable)")
  }
}

extension AnySetting {
  fileprivate var expectationInFile: String {
    kind == .list ? "a list of \(expectation)" : expectation
  }
}
