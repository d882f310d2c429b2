internal import ArgumentParser
internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The parts of the world that a program is given.
struct ProgramOptions: ParsableArguments {
  @Option(
    name: .customLong("dir"),
    help: ArgumentHelp(
      "A directory that the program may read and change, by the name that it has here or another. Repeatable.",
      valueName: "host[::guest]"),
    completion: .directory)
  var directories: [DirectoryArgument] = []

  @Option(
    name: .customLong("env"),
    help: ArgumentHelp(
      "A variable for the program's environment, which is empty otherwise; without a value, the one that it has here. Repeatable.",
      valueName: "name[=value]"))
  var variables: [VariableArgument] = []

  /// - Parameters:
  ///   - name: the name that the program is given for itself.
  ///   - arguments: the arguments after that, as the parser carries them.
  func settings(name: [UInt8], arguments: [String]) throws(RunFailure) -> WASISettings {
    var settings = WASISettings()
    for (number, bytes) in ([name] + arguments.map(RawArguments.decode)).enumerated() {
      let what = number == 0 ? "the module's name" : "argument \(number) of the program"
      settings.arguments.append(try text(bytes, what))
    }
    for variable in variables { settings.environment.append(try variable.resolved()) }
    for directory in directories { settings.directories.append(try directory.checked()) }
    return settings
  }
}

/// `HOST` or `HOST::GUEST`.
struct DirectoryArgument: ExpressibleByArgument {
  let host: FilePath
  let guest: [UInt8]

  init?(argument: String) {
    let parts = argument.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, !first.isEmpty, let last = parts.last, !last.isEmpty else { return nil }
    host = FilePath(bytes: RawArguments.decode(String(first)))
    guest = RawArguments.decode(String(last))
  }

  /// Opens it once, because the engine does not report what is wrong with a directory.
  fileprivate func checked() throws(RunFailure) -> WASISettings.Directory {
    do { _ = try Descriptor.open(host, O_RDONLY | O_DIRECTORY) } catch {
      throw RunFailure(status: .usage, message: "--dir \(host.printable): cannot be opened: \(error)")
    }
    return WASISettings.Directory(host: host, guest: try text(guest, "the program's name for --dir \(host.printable)"))
  }
}

/// `NAME` or `NAME=VALUE`.
struct VariableArgument: ExpressibleByArgument {
  let name: String
  let value: [UInt8]?

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, !first.isEmpty else { return nil }
    name = String(first)
    value = parts.count == 2 ? RawArguments.decode(String(parts[1])) : nil
  }

  fileprivate func resolved() throws(RunFailure) -> WASISettings.Variable {
    guard let value = value ?? Environment.inherited(RawArguments.decode(name)) else {
      let name = name.printable
      throw RunFailure(
        status: .usage, message: "--env \(name): is not set here; give its value: --env \(name)=VALUE")
    }
    return WASISettings.Variable(
      name: try text(RawArguments.decode(name), "the name in --env \(name.printable)"),
      value: try text(value, "the value of --env \(name.printable)"))
  }
}

/// WASI carries nothing but UTF-8.
private func text(_ bytes: [UInt8], _ what: String) throws(RunFailure) -> String {
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw RunFailure(
      status: .usage, message: "\(what) is not UTF-8, as WASI asks for: \(FilePath(bytes: bytes).printable)")
  }
  return text
}
