internal import ProgramToolchain
internal import WasmCache

/// What tells today's artifacts of a compiler that is a program from those that were made before it, or what it starts, was replaced.
struct CurrentCompiler: Sendable {
  /// The backend's name.
  let name: String
  /// Hexadecimal: the digest of its files.
  let build: String
  /// Hexadecimal: what the records of its artifacts end with; nil where it does not answer, so that only its files can be compared.
  let recordEnding: String?

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
            name: compiler.description.name, build: try (account?.files ?? CompilerFiles(of: compiler)).digest.hex,
            recordEnding: account?.recordEnding.hex)
        }
      }
    } catch let error as CompilerFileTrouble {
      throw RunFailure(status: .engineUnavailable, message: error.description.printable)
    } catch {
      throw error as? RunFailure ?? RunFailure(status: .engineUnavailable, message: "\(error)")
    }
  }
}
