import Confinement
import LinuxIO
import SystemPackage
import Testing
import WasmCache
import WasmEngine

@testable import Precompiler
@testable import WasmtimeToolchain

struct ModuleFailureTests {
  private static func identity(_ backend: Backend) -> ArtifactIdentity {
    ArtifactIdentity(
      settings: EngineSettings(backend: backend),
      compatibility: CompatibilityRecord(bytes: [0, 2] + Array("50".utf8) + [1, 0x78]), libraryBuild: [1])
  }

  private func failure(_ failure: ChildFailure, _ backend: Backend = .cranelift) -> ModuleFailure {
    ModuleFailure(
      failure, by: Self.identity(backend), timeout: 1.5, limits: ChildLimits(memory: 64 << 20, file: 3 << 30))
  }

  @Test func refusalNamesTheProposal() {
    let message = "failed to compile: wasm[0]::function[0]: Compilation error: tail calls support is not enabled"
    let winch = failure(.engine(.invalidModule(message: message)), .winch)
    #expect(
      winch.description
        == "needs the WebAssembly proposal “tail calls”, which wasmtime 50 does not accept with winch: "
        + message)
    let cranelift = failure(.engine(.invalidModule(message: message)))
    #expect(
      cranelift.description
        == "needs the WebAssembly proposal “tail calls”, which wasmtime 50 does not accept: \(message)")
  }

  @Test func everyFailureOfAChildHasItsMessage() {
    let messages: [(ChildFailure, String)] = [
      (.engine(.invalidModule(message: "type mismatch")), "is not valid: type mismatch"),
      (
        .engine(.componentsUnsupported),
        "is a component, which wasmtime 50 cannot compile through its C API"
      ),
      (
        .engine(.cannotSerialize(message: "x")), "was compiled, but the engine could not write the artifact: x"
      ),
      (.crashed(how: "exited with status 3", output: nil), "crashed the compiler, which exited with status 3"),
      (.crashed(how: "exited", output: "panicked"), "crashed the compiler, which exited: panicked"),
      (.timedOut, "was not compiled within 1.5 s"),
      (.exhausted(.memory), "needs more memory to compile than the 64Mi that are allowed"),
      (.exhausted(.artifact), "makes an artifact larger than the 3Gi that are allowed"),
      (
        .unconfined(missing: ["Landlock", "seccomp"]),
        "was not compiled: the kernel lacks or forbids Landlock and seccomp"
      ),
      (.protocolViolation("0 bytes"), "was not compiled: the compiler's child process gave 0 bytes"),
      (
        .systemCallFailed(reason: "write: no space left on device"),
        "was not compiled: a system call of the compiler's child process failed: write: no space left on device"
      ),
      (
        .engine(.unsupportedSettings(reason: "x")), "was not compiled: \(EngineError.unsupportedSettings(reason: "x"))"
      ),
      (
        .cannotStart(reason: "posix_spawn: no such file or directory"),
        "the compiler's child process could not be started: posix_spawn: no such file or directory"
      ),
    ]
    for (failure, message) in messages { #expect(self.failure(failure).description == message) }
  }

  @Test func everyFailureOfAFileHasItsMessage() {
    let cacheError = CacheError.io("/cache/v1", operation: "write", .noSpace)
    let messages: [(ModuleFailure, String)] = [
      (.unreadable(reason: "permission denied"), "cannot be read: permission denied"),
      (.vanished, "vanished before it was read"),
      (.notARegularFile(.fifo), "is a FIFO, not a regular file"),
      (.changedWhileRead, "changed while it was being read: run again when its writer has finished"),
      (.tooLarge(bytes: 2_000_000, limit: 1 << 20), "has 2000000 bytes, more than the 1Mi that are allowed"),
      (.notWebAssembly(.empty), "is empty"),
      (.timedOut(seconds: 120), "was not compiled within 120 s"),
      (.cache(cacheError), "could not be stored: /cache/v1: cannot write: no space left on device"),
    ]
    for (failure, message) in messages { #expect(failure.description == message) }
    #expect(messages.map { $0.0.isStorageFailure } == messages.map { $0.1.hasPrefix("could not be stored") })
  }
}
