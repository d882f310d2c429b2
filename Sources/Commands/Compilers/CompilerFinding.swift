internal import LinuxIO
internal import Precompiler
internal import ProgramToolchain
internal import SystemPackage
internal import WasmEngine

/// Finds the compilers that are programs, for the backends that a command was asked for.
struct CompilerFinding {
  private let all: [CompilerDescription]
  let search: CompilerSearch

  init() throws(RunFailure) {
    all = try DescribedCompilers.all()
    search = Self.search
  }

  static var search: CompilerSearch {
    CompilerSearch(path: Environment.paths("PATH"), home: Environment.path("HOME"))
  }

  /// The compiler of a backend, found.
  ///
  /// - Parameter backend: `llvm` takes the first LLVM-based one that is there.
  func find(_ backend: Backend) throws(RunFailure) -> FoundCompiler {
    if backend.rawValue == DescribedCompilers.llvm { return try findLLVM() }
    guard let description = all.first(where: { $0.name == backend.rawValue }) else {
      throw RunFailure(status: .usage, message: "--backend: there is no backend \(backend.rawValue.printable)")
    }
    do throws(CompilerMissing) { return try search.find(description) } catch {
      throw RunFailure(error, of: description)
    }
  }

  private func findLLVM() throws(RunFailure) -> FoundCompiler {
    var missing: [String] = []
    for description in all where description.isLLVM {
      do throws(CompilerMissing) {
        let found = try search.find(description)
        if found.isLLVM { return found }
        missing.append("  \(description.name): its C compiler is not clang\(Self.advice(description))")
      } catch {
        missing.append("  \(description.name): \(error.words(about: description))")
      }
    }
    throw RunFailure(
      status: .engineUnavailable,
      message: "--backend llvm: no compiler that is based on LLVM is there, looked for\n"
        + missing.joined(separator: "\n"))
  }

  static func advice(_ description: CompilerDescription) -> String {
    description.get.isEmpty ? "" : "; to get it: \(description.get.printable)"
  }

  /// What makes code for another machine, for advice: of what is there, what does so, as is tried with the smallest module.
  static func advice(forTarget target: String, _ options: ProgramToolchain.Options, _ cancellation: Cancellation)
    -> String
  {
    var options = options
    options.answersWithin = min(options.answersWithin, 10)
    let able = ((try? DescribedCompilers.all()) ?? []).filter { $0.hasTarget(target) }
    let works = able.filter { description in
      guard let found = try? search.find(description) else { return false }
      let wish = CompilerWish(EngineSettings(backend: Backend(rawValue: description.name)), target: target)
      return ProgramToolchain(found, wishes: [wish], options: options, cancellation: cancellation).makesCode()
    }
    let names = (works.isEmpty ? able : works).map { "--backend \($0.name)" }
    let others = works.isEmpty ? able.first.map(advice) ?? "" : ""
    return "use \((names + ["--backend pulley, whose artifacts run everywhere"]).joined(separator: ", or "))\(others)"
  }
}

extension Backend {
  /// Whether a libwasmtime compiles it, and no program.
  var isOfLibwasmtime: Bool { Self.libwasmtime.contains(self) }
}
