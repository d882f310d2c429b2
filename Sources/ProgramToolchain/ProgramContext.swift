internal import Precompiler
internal import Synchronization
internal import SystemPackage

/// What a toolchain and its sessions share.
final class ProgramContext: Sendable {
  let compiler: FoundCompiler
  let wishes: [CompilerWish]
  let options: ProgramOptions
  let cancellation: Cancellation
  private let found = Mutex<CompilerAccount?>(nil)
  private let listed = Mutex<CompilerParts?>(nil)

  init(_ compiler: FoundCompiler, wishes: [CompilerWish], options: ProgramOptions, cancellation: Cancellation) {
    self.compiler = compiler
    self.wishes = wishes
    self.options = options
    self.cancellation = cancellation
  }

  /// Every file that decides what the compiler makes, listed once: a runtime may have hundreds.
  var parts: CompilerParts {
    listed.withLock { listed in
      if let listed { return listed }
      let parts = compiler.parts
      listed = parts
      return parts
    }
  }

  /// What the compiler is, once that is known.
  var account: CompilerAccount? {
    get { found.withLock { $0 } }
    set { found.withLock { $0 = newValue } }
  }

  /// Whether the compiler's files are those that the identities were made of.
  var isUnchanged: Bool { account?.isUnchanged ?? false }
}
