internal import Precompiler
internal import Synchronization

/// What a toolchain and its sessions share.
final class ProgramContext: Sendable {
  let compiler: FoundCompiler
  let wishes: [CompilerWish]
  let options: ProgramOptions
  let cancellation: Cancellation
  private let found = Mutex<CompilerAccount?>(nil)

  init(_ compiler: FoundCompiler, wishes: [CompilerWish], options: ProgramOptions, cancellation: Cancellation) {
    self.compiler = compiler
    self.wishes = wishes
    self.options = options
    self.cancellation = cancellation
  }

  /// What the compiler is, once that is known.
  var account: CompilerAccount? {
    get { found.withLock { $0 } }
    set { found.withLock { $0 = newValue } }
  }

  /// Whether the compiler's files are those that the identities were made of.
  var isUnchanged: Bool { account?.files.areUnchanged ?? false }
}
