import SystemPackage
import Testing
import WasmCache

@testable import Commands
@testable import Precompiler
@testable import WasmEngine

struct RunFailureTests {
  private static let location = EngineLocation(path: "/lib/it's\n.so", origin: .environment)
  private static let shown = "$'/lib/it\\'s\\n.so'"

  @Test func missingEngineSaysWhereItLookedAndHowToGetOne() {
    let candidates = [
      EngineLocation(path: "/opt/lib/wasmprecompile/libwasmtime.so", origin: .installed),
      EngineLocation(path: "/usr/lib/libwasmtime.so", origin: .system),
    ]
    let failure = RunFailure(EngineSearchError.notFound(candidates))
    #expect(failure.status == .engineUnavailable)
    #expect(
      failure.message == """
        no engine found, looked for
          /opt/lib/wasmprecompile/libwasmtime.so (installed beside wasmprecompile)
          /usr/lib/libwasmtime.so (system library)
        an engine is the libwasmtime.so that your runtime uses; name it with --engine, or get one from PyPI:
        pip download --no-deps wasmtime==50.0.1 && python3 -m zipfile -e wasmtime-50.0.1-*.whl engine, then \
        --engine engine/wasmtime/linux-*/_libwasmtime.so
        """)
  }

  @Test func everyTroubleWithAnEngineHasItsMessage() {
    let location = Self.location
    let shown = Self.shown
    #expect(
      RunFailure(EngineSearchError.unreadable(location, reason: "permission denied")).message
        == "the engine \(shown) (WASMPRECOMPILE_ENGINE) cannot be read: permission denied")
    let messages: [(PrecompileError, String)] = [
      (
        .compilerUnusable(.unreadable(location, reason: "input/output error")),
        "the engine \(shown) cannot be read: input/output error"
      ),
      (
        .compilerUnusable(.cannotLoad(location, reason: "invalid\u{1b} ELF header")),
        "the engine \(shown) cannot be loaded: invalid\u{fffd} ELF header; name a libwasmtime.so with --engine"
      ),
      (
        .compilerUnusable(.notWasmtime(location, missingFunction: "wasm_config_new")),
        "the engine \(shown) is not a libwasmtime: it has no function wasm_config_new; name one with --engine"
      ),
      (.compilerUnusable(.noBackend(location)), "the engine \(shown) offers no backend"),
      (
        .compilerUnusable(.notStarted(reason: "posix_spawn: no such file or directory")),
        "no compiler process could be started: posix_spawn: no such file or directory"
      ),
      (
        .compilerUnusable(.protocolViolation(what: "an answer that cannot be read")),
        "the compiler's process gave an answer that cannot be read"
      ),
      (
        .backendUnavailable(CompileWish(backend: .winch), location, .silentlyAnother(.cranelift)),
        "the engine \(shown) has no backend winch: this release would silently compile with cranelift instead; "
          + "`wasmprecompile engines` shows what it has"
      ),
      (
        .backendUnavailable(CompileWish(backend: .pulley), location, .crashes("unknown\ntarget")),
        "the engine \(shown) has no backend pulley: this release aborts when asked for it: unknown\u{fffd}target; "
          + "`wasmprecompile engines` shows what it has"
      ),
      (
        .backendUnavailable(CompileWish(backend: .cranelift), location, .exhausted(memory: 1 << 20)),
        "the engine \(shown) has no backend cranelift: it needs more memory than --max-memory allows; "
          + "`wasmprecompile engines` shows what it has"
      ),
      (
        .backendUnavailable(
          CompileWish(
            backend: .cranelift, options: [.init(name: "fuel", value: "true"), .init(name: "a", value: "\n1")]),
          location, .refused("why")),
        "the engine \(shown) cannot compile with cranelift, fuel, a \u{fffd}1: why; `wasmprecompile engines` shows what it has"
      ),
    ]
    for (error, message) in messages {
      let failure = RunFailure(error)
      #expect(failure.message == message)
      #expect(failure.status == .engineUnavailable)
    }
  }

  @Test func troubleWithTheCacheNamesThePlaceFirst() {
    let failure = RunFailure(.cache(.notADirectory("/a\tb")))
    #expect(failure.status == .cacheUnwritable)
    #expect(
      failure.message
        == "$'/a\\tb': is not a directory: choose another place (--cache-dir)")
  }
}
