internal import SystemPackage
internal import WasmEngine

/// A file of settings in wasmtime's own format: the tables `[optimize]`, `[codegen]`, `[debug]` and `[wasm]`, with the names
/// that its command line has.
enum EngineConfigurationFile {
  /// Tables that wasmtime's command line also takes from the file. They say what a program is given when it runs.
  private static let otherTables: Set<String> = ["wasi", "run", "record"]

  static func read(_ path: FilePath) throws(RunFailure) -> EngineConfiguration {
    guard let file = try ConfigurationFile(at: path) else {
      throw RunFailure(status: .usage, message: "\(path.printable): there is no such file of engine settings")
    }
    let table: TOMLTable
    do { table = try TOMLReader.table(in: file.text) } catch {
      throw failure(path, error.line, "is not TOML: \(error.reason)")
    }
    var configuration = EngineConfiguration()
    for entry in table.entries where !otherTables.contains(entry.key) {
      guard let group = EngineSetting.Group(rawValue: entry.key) else {
        let names = EngineSetting.Group.allCases.map(\.rawValue)
        let advice =
          names.likely(for: entry.key).map { "did you mean [\($0)]?" }
          ?? "the tables are [optimize], [codegen], [debug] and [wasm]"
        throw failure(path, entry.line, "unknown key '\(entry.key)'; \(advice)")
      }
      guard case .table(let settings) = entry.value else {
        throw failure(path, entry.line, "\(entry.key) must be a table [\(entry.key)], not \(entry.value.withArticle)")
      }
      for setting in settings.entries where !EngineSetting.isWithoutEffect(setting.key) {
        if group == .codegen, setting.key == "cranelift" {
          try setFlags(setting, of: &configuration, path)
          continue
        }
        guard let text = setting.value.settingText else {
          throw failure(path, setting.line, "\(setting.key) must be a value, not \(setting.value.withArticle)")
        }
        let place = "\(path.printable):\(setting.line)"
        do { try configuration.set(setting.key, to: text, in: group, at: place) } catch {
          throw failure(path, setting.line, error.advice)
        }
      }
    }
    return configuration
  }

  /// The flags of Cranelift itself: `cranelift = [["enable_probestack", "true"]]`.
  private static func setFlags(
    _ entry: TOMLTable.Entry, of configuration: inout EngineConfiguration, _ path: FilePath
  ) throws(RunFailure) {
    let complaint = "cranelift must be a list of pairs, as [[\"enable_probestack\", \"true\"]]"
    guard case .array(let pairs) = entry.value else { throw failure(path, entry.line, complaint) }
    for pair in pairs {
      guard case .array(let words) = pair, words.count == 2, case .string(let flag) = words[0],
        let value = words[1].settingText
      else { throw failure(path, entry.line, complaint) }
      let place = "\(path.printable):\(entry.line)"
      do { try configuration.set("cranelift-\(flag)", to: value, in: .codegen, at: place) } catch {
        throw failure(path, entry.line, error.advice)
      }
    }
  }

  private static func failure(_ path: FilePath, _ line: Int, _ message: String) -> RunFailure {
    RunFailure(status: .usage, message: "\(path.printable):\(line): \(message.printable)")
  }
}

extension TOMLValue {
  /// The value as it would stand on the command line; nil for what could not.
  fileprivate var settingText: String? {
    switch self {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .boolean(let value): "\(value)"
    case .float(let number): "\(number)"
    case .date, .array, .table: nil
    }
  }
}
