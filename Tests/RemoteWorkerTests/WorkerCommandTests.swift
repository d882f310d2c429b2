import Testing
import WasmEngine

@testable import RemoteWorker

/// What a worker is asked for, as words, and what it says.
@Suite struct WorkerCommandTests {
  private static func settings(
    _ backend: Backend = .cranelift, _ cpu: String = "baseline,+avx", _ texts: [String] = []
  ) throws -> EngineSettings {
    EngineSettings(
      backend: backend, optimization: .speedAndSize, cpu: try #require(CPUTarget(cpu)), features: .all,
      configuration: try EngineConfiguration(texts))
  }

  @Test func commandsReadAsTheyWereWritten() throws {
    let all = [
      try Self.settings(), try Self.settings(.winch, "x86-64-v3"), try Self.settings(.pulley),
      try Self.settings(.cranelift, "baseline", ["epoch-interruption=y", "memory-reservation=0", "fuel=1"]),
    ]
    for settings in all {
      let command = WorkerCommand(library: "lib/a b.so", module: "in.wasm", artifact: "out", settings: settings)
      #expect(WorkerCommand(command.arguments) == command)
      #expect(WorkerCommand(command.arguments.dropLast()) != command)
    }
  }

  @Test func nothingIsInferred() throws {
    let good = WorkerCommand(library: "l", module: "m", artifact: "a", settings: try Self.settings()).arguments
    #expect(WorkerCommand(good) != nil)
    for count in 0..<good.count { #expect(WorkerCommand(Array(good.prefix(count))) == nil) }
    for (place, wrong) in [
      (3, "--backend=none"), (4, "--opt-level=9"), (5, "--features=some"), (6, "--processor=native"),
      (6, "--processor=native,-avx"), (6, "--processor=z80"), (6, "baseline"),
    ] {
      var arguments = good
      arguments[place] = wrong
      #expect(WorkerCommand(arguments) == nil, "\(wrong)")
    }
    #expect(WorkerCommand(good + ["--setting=there-is-none=1"]) == nil)
    #expect(WorkerCommand(good + ["more"]) == nil)
  }

  @Test(
    arguments: [
      (.invalidModule(message: "a: b"), "refused: invalid: a: b"), (.invalidModule(message: ""), "refused: invalid"),
      (.cannotSerialize(message: "too large"), "refused: unserializable: too large"),
      (.componentsUnsupported, "refused: components"),
    ] as [(EngineError, String)])
  func aRefusalIsALine(_ error: EngineError, _ line: String) { #expect(WorkerRefusal(error)?.line == line) }

  @Test func whatIsNoRefusalIsNone() {
    for error in [
      EngineError.cannotLoad(reason: "x"), .notWasmtime(missingFunction: "x"), .unsupportedSettings(reason: "x"),
      .wrongKind(.component),
    ] { #expect(WorkerRefusal(error) == nil) }
  }
}
