internal import LinuxIO
internal import ProgramToolchain
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// The compilers that are programs: those that the user's file describes in `[backend.NAME]`, and those that are built in.
enum DescribedCompilers {
  /// The name that stands for the first LLVM-based compiler that is there.
  static let llvm = "llvm"

  /// The key of the tables that describe them.
  static let key = "backend"

  /// The built-in ones, in the order in which they are looked for.
  static let builtIn: Result<[CompilerDescription], RunFailure> = Result { () throws(RunFailure) in
    try builtIn(BuiltInCompilers.texts)
  }

  /// Reads descriptions of this program's own.
  static func builtIn(_ texts: [String]) throws(RunFailure) -> [CompilerDescription] {
    var all: [CompilerDescription] = []
    for text in texts {
      let table: TOMLTable
      do { table = try TOMLReader.table(in: Array(text.utf8)) } catch {
        throw mistake(in: text, error.line, "is not TOML: \(error.reason)")
      }
      do { all += try descriptions(in: table) } catch { throw mistake(in: text, error.line, error.message) }
    }
    return all
  }

  private static func mistake(in text: String, _ line: Int, _ reason: String) -> RunFailure {
    RunFailure(
      status: .engineUnavailable,
      message:
        "\(text.prefix { !$0.isNewline }) of wasmprecompile's own is wrong, line \(line): \(reason): please report it")
  }

  static let builtInNames = ((try? builtIn.get()) ?? []).map(\.name)

  /// The user's, and then those built-in ones that are not described anew.
  static func all() throws(RunFailure) -> [CompilerDescription] {
    let own = try users()
    return own + (try builtIn.get()).filter { one in !own.contains { $0.name == one.name } }
  }

  /// The user's own: as they are now or, if they cannot be read any more, as they were. A watcher goes on with these, and tells so.
  static func users() throws(RunFailure) -> [CompilerDescription] {
    do {
      let now = try readUsers()
      lastRead.withLock { $0 = now }
      return now
    } catch {
      if let before = lastRead.withLock({ $0 }) { return before }
      throw error
    }
  }

  /// Their names; none if they cannot be read.
  ///
  /// They stand in the help of each option that takes a backend, which the argument parser asks for again and again. So the file is
  /// read once for each place that it may be at.
  static var usersNames: [String] {
    let place = ["XDG_CONFIG_HOME", "HOME"].map { Environment.bytes($0) }
    return namesRead.withLock { read in
      if let read, read.place == place { return read.names }
      let names = ((try? users()) ?? []).map(\.name)
      read = (place, names)
      return names
    }
  }

  private static let namesRead = Mutex<(place: [[UInt8]?], names: [String])?>(nil)
  private static let lastRead = Mutex<[CompilerDescription]?>(nil)

  private static func readUsers() throws(RunFailure) -> [CompilerDescription] {
    guard let path = ConfigurationFile.ofUser, let file = try ConfigurationFile(at: path) else { return [] }
    let compilers = try file.compilers()
    guard !compilers.isEmpty, let status = try? Descriptor.status(of: path),
      let objection = ConfigurationTrust().objection(to: status, at: path, in: path.removingLastComponent())
    else { return compilers }
    throw RunFailure(
      status: .usage, message: "\(path.printable): says which programs run as compilers, but \(objection)")
  }

  /// Whether a word may be a backend's name; true where the user's file cannot be read, which then is told.
  static func mayHave(_ name: String) -> Bool {
    if name == llvm || builtInNames.contains(name) { return true }
    guard CompilerDescription.isName(name) else { return false }
    do { return try users().contains { $0.name == name } } catch { return true }
  }

  /// Reads all tables `[backend.NAME]` of a document.
  static func descriptions(in document: TOMLTable) throws(DescriptionTrouble) -> [CompilerDescription] {
    guard let entry = document.entries.first(where: { $0.key == key }) else { return [] }
    guard case .table(let named) = entry.value else {
      throw DescriptionTrouble(
        line: entry.line,
        message:
          "backend must be tables [backend.NAME], not \(entry.value.withArticle); the backends of a run are backends")
    }
    var all: [CompilerDescription] = []
    for entry in named.entries {
      guard case .table(let table) = entry.value else {
        throw DescriptionTrouble(
          line: entry.line,
          message: "backend.\(entry.key) must be a table [backend.\(entry.key)], not \(entry.value.withArticle)")
      }
      if Backend.libwasmtime.contains(where: { $0.rawValue == entry.key }) || entry.key == llvm {
        throw DescriptionTrouble(
          line: entry.line, message: "[backend.\(entry.key)]: \(entry.key) is built in: give the compiler another name")
      }
      all.append(try CompilerDescription(entry.key, table, line: entry.line))
    }
    return all
  }
}
