internal import LinuxIO
internal import ProgramToolchain
internal import SystemPackage

// A configuration file's contents: TOML with settings by their keys, and tables of settings that have a name each.
extension ConfigurationFile {
  /// The values of the settings that it has, each checked.
  ///
  /// - Parameter isProject: whether it came with a project, so that it may not choose what code runs, is trusted or is kept.
  func values(
    isProject: Bool, _ trouble: SettingTrouble = { (_, failure) throws(RunFailure) in throw failure }
  ) throws(RunFailure) -> GivenSettings {
    let document = try parsed()
    for entry in document.entries where Settings.tables.contains(where: { $0.key == entry.key }) {
      try requireTables(entry)
    }
    _ = try compilers(in: document, isProject: isProject)
    let ofTables = Settings.tables.map(\.key) + [DescribedCompilers.key]
    return try values(document.entries.filter { !ofTables.contains($0.key) }, isProject, trouble: trouble)
  }

  /// The compilers that a user's file describes.
  func compilers() throws(RunFailure) -> [CompilerDescription] { try compilers(in: parsed(), isProject: false) }

  private func compilers(in document: TOMLTable, isProject: Bool) throws(RunFailure) -> [CompilerDescription] {
    guard let entry = document.entries.first(where: { $0.key == DescribedCompilers.key }) else { return [] }
    let all: [CompilerDescription]
    do { all = try DescribedCompilers.descriptions(in: document) } catch { throw failure(error.line, error.message) }
    if isProject, case .table(let named) = entry.value {
      let line = named.entries.first?.line ?? entry.line
      throw failure(
        line, "[backend.\(named.entries.first?.key ?? "NAME")] \(Self.refusal); use your own \(Self.userFile)")
    }
    return all
  }

  /// The values of a project's file. None gives its modules more of the machine than the user or the defaults do.
  ///
  /// - Parameter layers: what the user set.
  func projectValues(
    beside layers: [GivenSettings], _ trouble: SettingTrouble = { (_, failure) throws(RunFailure) in throw failure }
  ) throws(RunFailure) -> GivenSettings {
    var values = try values(isProject: true, trouble)
    for setting in Settings.all {
      // The file is for machines of any size, so that too much for this one is no mistake.
      if let most = setting.mostOfProjects, let given = values[setting.key], case let largest = most(),
        given.texts.contains(where: { Int($0).map { $0 > largest } ?? false })
      {
        values[setting.key] = GivenSetting(texts: ["\(largest)"], origin: given.origin)
      }
      guard let given = values[setting.key], let wanted = given.texts.compactMap(setting.grant).max(),
        case .values(let standard) = setting.unset, case .file(_, let line) = given.origin
      else { continue }
      let allowed = layers.flatMap { $0[setting.key]?.texts ?? [] } + standard
      let most = allowed.max { (setting.grant(of: $0) ?? 0) < (setting.grant(of: $1) ?? 0) } ?? ""
      if wanted > setting.grant(of: most) ?? 0 {
        try trouble(setting, raised(setting, above: most, line))
        values[setting.key] = nil
      }
    }
    return values
  }

  /// The tables of one kind that it has, in its order, each checked.
  func tables(_ kind: TableSetting, isProject: Bool) throws(RunFailure) -> [NamedTable] {
    guard let entry = try parsed().entries.first(where: { $0.key == kind.key }) else { return [] }
    return try requireTables(entry).entries.map { (named) throws(RunFailure) in
      let title = "\(kind.key).\(named.key)"
      guard case .table(let table) = named.value else {
        throw failure(named.line, "\(title) must be a table [\(title)], not \(named.value.withArticle)")
      }
      if isProject && kind.isForUsersOnly {
        throw failure(named.line, "[\(title)] \(Self.refusal); use your own \(Self.userFile)")
      }
      return NamedTable(
        name: named.key, values: try values(table.entries, isProject, of: kind.settings, in: title),
        origin: .file(path, line: named.line))
    }
  }

  /// - Returns: the tables of a kind, by their names.
  @discardableResult
  private func requireTables(_ entry: TOMLTable.Entry) throws(RunFailure) -> TOMLTable {
    guard case .table(let named) = entry.value else {
      throw failure(entry.line, "\(entry.key) must be tables [\(entry.key).NAME], not \(entry.value.withArticle)")
    }
    return named
  }

  // MARK: Reading

  private func parsed() throws(RunFailure) -> TOMLTable {
    do { return try TOMLReader.table(in: text) } catch {
      throw failure(error.line, "is not TOML: \(error.reason)")
    }
  }

  /// - Parameters:
  ///   - known: the settings that there are.
  ///   - table: the name of the table that the entries are in.
  private func values(
    _ entries: [TOMLTable.Entry], _ isProject: Bool, of known: [Setting] = Settings.all, in table: String? = nil,
    trouble: SettingTrouble = { (_, failure) throws(RunFailure) in throw failure }
  ) throws(RunFailure) -> GivenSettings {
    var found: GivenSettings = [:]
    for entry in entries {
      guard let setting = known.first(where: { $0.key == entry.key }) else { throw unknown(entry, known, in: table) }
      do throws(RunFailure) {
        if isProject && setting.isForUsersOnly { throw refused(setting, entry) }
        found[entry.key] = GivenSetting(
          texts: try texts(entry, for: setting), origin: .file(path, line: entry.line))
      } catch {
        try trouble(setting, error)
      }
    }
    return found
  }

  private func texts(_ entry: TOMLTable.Entry, for setting: Setting) throws(RunFailure) -> [String] {
    func wrong(_ found: String) -> RunFailure {
      failure(entry.line, "\(setting.key) must be \(setting.expectationInFile), not \(found)")
    }
    func text(_ value: TOMLValue, _ prefix: String = "") throws(RunFailure) -> String {
      guard let text = setting.text(of: value, in: path) else { throw wrong(prefix + value.withArticle) }
      guard setting.accepts(text), value != .string("") || setting.form != .path else {
        if case .string(let written) = value { throw wrong("'\(written)'\(setting.advice(about: written))") }
        throw wrong("'\(text)'")
      }
      return text
    }
    guard setting.isList, case .array(let elements) = entry.value else { return [try text(entry.value)] }
    if elements.isEmpty, let complaint = setting.complaintIfEmpty {
      throw failure(entry.line, "\(setting.key) \(complaint)")
    }
    return try elements.map { (element) throws(RunFailure) in try text(element, "a list with ") }
  }

  // MARK: What is wrong

  private static let refusal = "may not be set by a project: it decides what code runs, is trusted or is kept"

  private static var userFile: String { Configuration.userFile?.printable ?? "config.toml" }

  private func unknown(_ entry: TOMLTable.Entry, _ settings: [Setting], in table: String?) -> RunFailure {
    let known = settings.map(\.key) + (table == nil ? Settings.tables.map(\.key) + [DescribedCompilers.key] : [])
    let advice =
      known.nearest(to: entry.key, within: max(2, entry.key.count / 3)).map { "did you mean '\($0)'?" }
      ?? "the keys are \(known.joined(separator: ", "))"
    let place = table.map { " in [\($0)]" } ?? ""
    return failure(entry.line, "unknown key '\(entry.key)'\(place); \(advice)")
  }

  private func refused(_ setting: Setting, _ entry: TOMLTable.Entry) -> RunFailure {
    failure(
      entry.line,
      "\(setting.key) \(Self.refusal); use \(setting.option), $\(setting.variable) or your own \(Self.userFile)")
  }

  private func raised(_ setting: Setting, above most: String, _ line: Int) -> RunFailure {
    failure(
      line,
      """
      \(setting.key) may not be raised above \(most) by a project: it bounds what a module may take of the machine; raise it \
      with $\(setting.variable) or in your own \(Self.userFile)
      """)
  }

  private func failure(_ line: Int, _ message: String) -> RunFailure {
    RunFailure(status: .usage, message: "\(path.printable):\(line): \(message.printable)")
  }
}

extension Setting {
  fileprivate var expectationInFile: String { isList ? "a list of \(expectation)" : expectation }

  /// A value as it would be given on the command line; nil if it is not written as this setting's are.
  ///
  /// - Parameter file: paths start from its directory.
  fileprivate func text(of value: TOMLValue, in file: FilePath) -> String? {
    switch (form, value) {
    case (.text, .string(let text)): text
    case (.path, .string(let text)):
      RawArguments.encode(file.removingLastComponent().pushing(FilePath(text)).bytes)
    case (.number, .integer(let number)): "\(number)"
    case (.number, .float(let number)): "\(number)"
    case (.toggle, .boolean(let value)): "\(value)"
    default: nil
    }
  }
}
