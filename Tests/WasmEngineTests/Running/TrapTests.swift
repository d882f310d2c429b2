import Testing

@testable import WasmEngine

struct TrapTests {
  @Test func backtraceAndReasonAreToldApart() {
    let trap = Trap(
      message: """
        error while executing at wasm backtrace:
            0:     0xd2 - prog!inner
            1: prog!<wasm function 7>

        Caused by:
            0: memory fault at wasm address 0x11170 in linear memory of size 0x10000
            1: wasm trap: out of bounds memory access

        Stack backtrace:
           0: anyhow::error::from
        """)
    #expect(
      trap.reason
        == "memory fault at wasm address 0x11170 in linear memory of size 0x10000: out of bounds memory access")
    #expect(trap.backtrace == ["0xd2 - prog!inner", "prog!<wasm function 7>"])
  }

  /// With WASMTIME_BACKTRACE_DETAILS=1 a line of source follows each call; without, advice follows the last.
  @Test func linesAndAdviceAreNoCalls() {
    let trap = Trap(
      message: """
        error while executing at wasm backtrace:
            0:     0x63 - inner
                            at /src/a b.c:1:52
            1:     0x78 - _start
                            at /src/a b.c:2:21
        note: using the `WASMTIME_BACKTRACE_DETAILS=1` environment variable may show more debugging information

        Caused by:
            wasm trap: wasm `unreachable` instruction executed
        """)
    #expect(trap.backtrace == ["0x63 - inner at /src/a b.c:1:52", "0x78 - _start at /src/a b.c:2:21"])
    #expect(
      trap.note == "using the `WASMTIME_BACKTRACE_DETAILS=1` environment variable may show more debugging information")
    #expect(trap.reason == "wasm `unreachable` instruction executed")
  }

  @Test func anyOtherMessageIsTheReason() {
    for message in ["out of memory", "wasm trap: out of memory\n", "Caused by:\n  out of memory"] {
      let trap = Trap(message: message)
      #expect(trap.reason == "out of memory" && trap.backtrace.isEmpty)
    }
    #expect(Trap(message: "").reason == "")
  }

  @Test func endlessBacktracesAreCut() {
    let calls = (0..<32_000).map { "    \($0):   0xbf - prog!rec\n" }.joined()
    let trap = Trap(
      message: "error while executing at wasm backtrace:\n\(calls)\nCaused by:\n    wasm trap: call stack exhausted")
    #expect(trap.reason == "call stack exhausted")
    #expect(trap.backtrace == Array(repeating: "0xbf - prog!rec", count: 20))
  }
}
