internal import Precompiler
internal import WasmCache
internal import WasmEngine

/// Work that signals cancel. Its errors become a command's failure.
struct InterruptibleWork {
  let cancellation = Cancellation()
  private let interruption: Interruption

  /// - Parameters:
  ///   - request: the run; nil if it holds nothing of others that must be given back.
  ///   - livesOn: whether signals are handled until the process ends.
  init(in request: PrecompileRequest? = nil, livesOn: Bool = false) {
    interruption = Interruption(cancelling: cancellation, in: request)
    if livesOn { _ = Unmanaged.passRetained(interruption) }
  }

  /// Does the work. If a signal came meanwhile, the process then dies by it, whatever the work's result.
  ///
  /// - Parameter cleanUp: called before the process dies, with the work's result if there is one.
  /// - Throws: ``RunFailure`` instead of an error of the layers below.
  func run<Value>(cleanUp: (Value?) -> Void = { _ in }, _ work: () throws -> Value) throws -> Value {
    let value: Value
    do { value = try work() } catch {
      interruption.dieIfReceived { cleanUp(nil) }
      throw RunFailure.standing(for: error)
    }
    interruption.dieIfReceived { cleanUp(value) }
    return value
  }

  /// Gives the signals back their own effect, for what follows: a program that runs in this process.
  func end() { interruption.end() }
}

extension RunFailure {
  /// The error that a command fails with: one of the layers below as a message, any other as it is.
  fileprivate static func standing(for error: any Error) -> any Error {
    switch error {
    case let error as PrecompileError: RunFailure(error)
    case let error as CompilerUnusable: RunFailure(error)
    case let error as EngineSearchError: RunFailure(error)
    case let error as CacheError: RunFailure(error)
    default: error
    }
  }
}
