public import SystemPackage

/// Why a module or a component could not be run, or how it ended.
public enum RunError: Error, Hashable, Sendable {
  /// The engine lacks a function that running needs.
  case engineCannotRun(missingFunction: String)
  /// The engine lacks a function that running components needs; the first release that has it.
  case engineCannotRunComponents(missingFunction: String, since: Int)
  /// The engine can give components no environment and no directories. Releases before 39 cannot.
  case componentsGetOnlyArguments
  /// A directory that the program should see cannot be opened, or its name is not UTF-8.
  case directoryUnusable(FilePath)
  /// An argument or a variable of the program is not text in UTF-8, or holds a NUL.
  case notText(String)
  /// WASI could not be set up; the engine's message.
  case cannotPrepare(message: String)
  /// The module needs an import that it is not given, or one of another type; the engine's message.
  case cannotInstantiate(message: String)
  /// No function is exported under this name.
  case noFunction(String)
  /// The function has parameters or results that are not numbers.
  case notOnlyNumbers(function: String, FunctionSignature)
  /// The arguments do not fit the function's parameters.
  case wrongArguments(function: String, FunctionSignature)
  /// A component's function has parameters or a result that are not plain.
  case notOnlyPlainValues(function: String, ComponentSignature)
  /// The arguments do not fit the parameters of a component's function.
  case wrongComponentArguments(function: String, ComponentSignature)
  /// The module did something that WebAssembly forbids.
  case trapped(Trap)
  /// The program asked to exit.
  case exited(status: Int32)
}

extension RunError: CustomStringConvertible {
  /// The failure, to follow the module's name or to stand alone.
  public var description: String {
    switch self {
    case .engineCannotRun(let function): "the engine cannot run modules: it has no function \(function)"
    case .engineCannotRunComponents(let function, let release):
      "the engine cannot do this with components: it has no function \(function): release \(release) or later has it"
    case .componentsGetOnlyArguments:
      "the engine gives components no environment and no directories: release 39 or later does"
    case .directoryUnusable(let path): "the directory \(path) cannot be opened for the program"
    case .notText(let text): "is given “\(text)”, which is not text that WASI can carry"
    case .cannotPrepare(let message): "WASI cannot be set up: \(message)"
    case .cannotInstantiate(let message): "cannot be instantiated: \(message)"
    case .noFunction(let name): "exports no function “\(name)”"
    case .notOnlyNumbers(let name, let signature):
      "the function “\(name)” is \(signature): only functions of numbers can be called"
    case .wrongArguments(let name, let signature): "the function “\(name)” is \(signature)"
    case .notOnlyPlainValues(let name, let signature):
      "the function “\(name)” is \(signature): only functions of numbers and truth values can be called"
    case .wrongComponentArguments(let name, let signature): "the function “\(name)” is \(signature)"
    case .trapped(let trap): "trapped: \(trap.reason)"
    case .exited(let status): "exited with status \(status)"
    }
  }
}
