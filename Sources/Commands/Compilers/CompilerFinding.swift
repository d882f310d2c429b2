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
    if let whole = CompilerWish.triple(perhapsMeantBy: target) { return "it names no system: is it \(whole)?" }
    var options = options
    options.answersWithin = min(options.answersWithin, 10)
    var works: [CompilerDescription] = []
    var fails: [CompilerDescription] = []
    var missing: [CompilerDescription] = []
    for description in ((try? DescribedCompilers.all()) ?? []) where description.hasTarget(target) {
      guard let found = try? search.find(description) else {
        missing.append(description)
        continue
      }
      let wish = CompilerWish(EngineSettings(backend: Backend(rawValue: description.name)), target: target)
      let toolchain = ProgramToolchain(found, wishes: [wish], options: options, cancellation: cancellation)
      if toolchain.makesCode() { works.append(description) } else { fails.append(description) }
    }
    let names = (works.isEmpty ? missing : works).map { "--backend \($0.name)" }
    let use = "use \((names + ["--backend pulley, whose artifacts run everywhere"]).joined(separator: ", or "))"
    if !works.isEmpty { return use }
    if fails.isEmpty { return use + (missing.first.map(advice) ?? "") }
    let near = TargetTriple.nearest(to: target).map { ": did you mean \($0)?" } ?? ""
    return
      "\(fails.map(\.name).joined(separator: " and ")) makes no code for it either\(near.isEmpty ? "; " + use : near)"
  }
}

extension Backend {
  /// Whether a libwasmtime compiles it, and no program.
  var isOfLibwasmtime: Bool { Self.libwasmtime.contains(self) }
}
