internal import LinuxIO
internal import Precompiler
internal import ProgramToolchain
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// What there is of a compiler that is a program, as `engines` shows it.
struct CompilerState: Sendable {
  private enum State {
    case found(FoundCompiler, CompilerAccount)
    case missing(CompilerMissing)
    case unusable(FilePath, reason: String, RunFailure)
  }

  private let description: CompilerDescription
  private let state: State

  /// Looks for it, and asks it what it is; blocks.
  init(of description: CompilerDescription, options: ProgramToolchain.Options, _ cancellation: Cancellation) {
    self.description = description
    let found: FoundCompiler
    do throws(CompilerMissing) { found = try CompilerFinding.search.find(description) } catch {
      state =
        if case .notExecutable(let path) = error {
          .unusable(path, reason: "it \(error.whatIsWrong)", RunFailure(error, of: description))
        } else {
          .missing(error)
        }
      return
    }
    let toolchain = ProgramToolchain(found, wishes: [], options: options, cancellation: cancellation)
    defer { toolchain.finish() }
    do throws(CompilerUnusable) { state = .found(found, try toolchain.account()) } catch {
      let failure = RunFailure(error)
      let reason = if case .program(_, _, let reason) = error { reason } else { failure.message }
      state = .unusable(found.main, reason: reason, failure)
    }
  }

  var isFound: Bool { if case .found = state { true } else { false } }

  /// Why it cannot be used; nil if it can.
  var failure: RunFailure? {
    switch state {
    case .found: nil
    case .missing(let missing): RunFailure(missing, of: description)
    case .unusable(_, _, let failure): failure
    }
  }

  /// Who else may change it; nil if nobody may, or if it is not used.
  var warning: String? {
    guard case .found(let compiler, _) = state else { return nil }
    return CompilerTrust().objection(to: compiler)
  }

  /// What is said of it beside the table.
  var warningText: String? {
    warning.map { Palette.plain.warning(Program.name, "--backend \(description.name): \($0)") + "\n" }
  }

  static func text(of all: [CompilerState]) -> String {
    var table = TextTable([.left, .left])
    for one in all { table.append([one.description.name, one.words]) }
    return table.text
  }

  private var words: String {
    switch state {
    case .found(let compiler, let account):
      "found, \(account.version.printable), \(compiler.main.printable)" + (compiler.isLLVM ? ", based on LLVM" : "")
    case .missing(let missing): "not found: \(missing.words(about: description))"
    case .unusable(let path, let reason, _): "unusable: \(path.printable): \(reason.printable)"
    }
  }

  var json: JSON {
    var path: FilePath?
    var account: CompilerAccount?
    var why: String?
    var isLLVM = description.isLLVM
    let name: String
    switch state {
    case .found(let compiler, let found):
      name = "found"
      (path, account, isLLVM) = (compiler.main, found, compiler.isLLVM)
    case .missing(let missing):
      name = "missing"
      why = missing.description
    case .unusable(let place, let reason, _):
      name = "unusable"
      (path, why) = (place, reason)
    }
    return [
      "type": "compiler", "backend": .string(description.name), "state": .identifier(name), "path": JSON(path),
      "version": JSON(account?.version), "build": JSON(account?.files.digest.hex), "reason": JSON(why),
      "summary": .string(description.summary), "get": .string(description.get), "llvm": .bool(isLLVM),
      "suffix": .string(description.suffix), "foreign_targets": .bool(description.target != nil),
      "warning": JSON(warning),
    ]
  }
}

extension CompilerMissing {
  /// What is wrong, and what mends it.
  func words(about compiler: CompilerDescription) -> String {
    if case .notExecutable(let path) = self { return "\(path.printable) \(whatIsWrong)" }
    return "\(description.printable)\(CompilerFinding.advice(compiler))"
  }

  /// The same of a program whose path stands before it.
  fileprivate var whatIsWrong: String {
    guard case .notExecutable(let path) = self else { return "is missing" }
    return "is not executable: `chmod +x \(shellWord(path))` makes it so"
  }
}

extension RunFailure {
  /// A described compiler that is not there.
  init(_ missing: CompilerMissing, of description: CompilerDescription) {
    self.init(
      status: .engineUnavailable, message: "--backend \(description.name): \(missing.words(about: description))")
  }
}
