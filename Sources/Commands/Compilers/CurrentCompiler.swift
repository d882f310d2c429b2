internal import ProgramToolchain
internal import WasmCache

/// What tells today's artifacts of a compiler that is a program from those that were made before it, what it starts, or its
/// description was replaced.
struct CurrentCompiler: Sendable {
  private let compiler: FoundCompiler
  /// Hexadecimal: the digest of its files.
  let build: String
  /// Nil where it does not answer, so that only its files can be compared.
  private let account: CompilerAccount?

  /// The backend's name.
  var name: String { compiler.description.name }

  /// Whether it would make what an engine's directory has in the same way; true where that cannot be known.
  func wouldMake(_ engine: EngineDescription) -> Bool {
    if engine.suffix != compiler.description.suffix { return false }
    guard let account, let record = [UInt8](hex: engine.record.utf8) else { return true }
    return account.wouldMake(engine.wish, whichHas: record, with: compiler.description)
  }

  /// Asks compilers what they are now; blocks.
  static func all(of compilers: [FoundCompiler]) throws(RunFailure) -> [CurrentCompiler] {
    if compilers.isEmpty { return [] }
    let work = InterruptibleWork()
    defer { work.end() }
    do {
      return try work.run {
        try compilers.map { compiler in
          let toolchain = ProgramToolchain(compiler, wishes: [], cancellation: work.cancellation)
          defer { toolchain.finish() }
          let account = try? toolchain.account()
          return CurrentCompiler(
            compiler: compiler, build: try (account?.files ?? CompilerFiles(of: compiler)).digest.hex,
            account: account)
        }
      }
    } catch let error as CompilerFileTrouble {
      throw RunFailure(status: .engineUnavailable, message: error.description.printable)
    } catch {
      throw error as? RunFailure ?? RunFailure(status: .engineUnavailable, message: "\(error)")
    }
  }
}
