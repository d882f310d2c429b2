internal import Precompiler
internal import SystemPackage
internal import WasmEngine

/// The end of running a module that did not return: the message, and the exit status.
struct ProgramEnd: Error {
  let status: Int32
  let message: String?

  /// The shell's status for a program that aborted. The runtimes of this field exit with it after a trap.
  static let trapped: Int32 = 134

  private init(status: Int32, message: String?) {
    self.status = status
    self.message = message
  }

  /// The module cannot be run.
  init(_ path: FilePath, _ complaint: String, _ status: ExitStatus = .moduleFailed) {
    self.init(status: status.rawValue, message: "\(path.printable): error: \(complaint.printable)")
  }

  /// The module is no good, or could not be compiled.
  ///
  /// - Parameter alternative: a backend that does compile it.
  init(_ path: FilePath, _ failure: ModuleFailure, alternative: Backend? = nil) {
    // A file that was not seen before cannot have vanished since.
    let failure = failure == .vanished ? .unreadable(reason: "no such file or directory") : failure
    self.init(path, failure.message(alternative: alternative))
  }

  /// The module or the component was run.
  init(_ end: RunError, of code: ProgramCode, at path: FilePath) {
    switch end {
    case .exited(let status):
      self.init(status: status, message: nil)
    case .trapped(let trap):
      let calls = trap.backtrace.enumerated().map { "\n    \($0): \($1.printable)" }
      self.init(
        status: Self.trapped,
        message: "\(path.printable): error: trapped: \(trap.reason.printable)" + calls.joined()
          + (trap.note.map { "\n    note: \($0.printable)" } ?? ""))
    case .cannotInstantiate(let reason):
      self.init(path, "cannot be instantiated: \(reason): it is given \(code.wasi) and nothing else")
    case .noFunction(let name): self.init(path, code.complaint(without: name))
    case .engineCannotRunComponents, .componentsGetOnlyArguments:
      self.init(path, "\(end): choose an engine with --engine")
    case .engineCannotRun, .directoryUnusable, .notText, .cannotPrepare, .notOnlyNumbers, .wrongArguments,
      .notOnlyPlainValues, .wrongComponentArguments:
      self.init(path, end.description)
    }
  }
}
