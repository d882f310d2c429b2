public import SystemPackage

/// Why a module could not be run, or how it ended.
public enum RunError: Error, Hashable, Sendable {
  /// The engine lacks a function that running needs.
  case engineCannotRun(missingFunction: String)
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
    case .directoryUnusable(let path): "the directory \(path) cannot be opened for the program"
    case .notText(let text): "is given “\(text)”, which is not text that WASI can carry"
    case .cannotPrepare(let message): "WASI cannot be set up: \(message)"
    case .cannotInstantiate(let message): "cannot be instantiated: \(message)"
    case .noFunction(let name): "exports no function “\(name)”"
    case .notOnlyNumbers(let name, let signature):
      "the function “\(name)” is \(signature): only functions of numbers can be called"
    case .wrongArguments(let name, let signature): "the function “\(name)” is \(signature)"
    case .trapped(let trap): "trapped: \(trap.reason)"
    case .exited(let status): "exited with status \(status)"
    }
  }
}
