import Testing

@testable import WasmEngine

struct EngineConfigurationTests {
  private func texts(_ texts: String...) throws -> [String] { try EngineConfiguration(texts).texts }

  private func refusal(_ texts: String..., in group: EngineSetting.Group? = nil) -> String? {
    do throws(EngineConfigurationError) {
      var configuration = EngineConfiguration()
      for text in texts {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        try configuration.set(parts[0], to: parts.count == 2 ? parts[1] : nil, in: group)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  // MARK: Reading

  @Test func nothingIsSetAtFirst() {
    let empty = EngineConfiguration()
    #expect(empty.isEmpty && empty.entries.isEmpty && empty.texts.isEmpty && empty.toml == "" && "\(empty)" == "")
    #expect(empty["epoch-interruption"] == nil && !empty.hasBacktraceDetails)
  }

  @Test(arguments: [
    ("epoch-interruption", "true"), ("epoch-interruption=y", "true"), ("epoch-interruption=yes", "true"),
    ("epoch-interruption=true", "true"), ("threads=n", "false"), ("threads=no", "false"), ("threads=false", "false"),
  ]) func togglesHaveManyWords(_ text: String, _ value: String) throws {
    #expect(try EngineConfiguration([text]).entries.map(\.value) == [value])
  }

  @Test(
    arguments: [
      ("memory-reservation=0", "0"), ("memory-reservation=4096", "4096"), ("memory-reservation=0x1000", "4096"),
      ("memory-reservation=0x10_00", nil), ("memory-reservation=4_294_967_296", "4294967296"),
      ("memory-reservation=18446744073709551615", "18446744073709551615"),
    ] as [(String, String?)]) func numbersAreWrittenInDecimal(_ text: String, _ value: String?) throws
  {
    #expect((try? EngineConfiguration([text]))?.entries.map(\.value) == value.map { [$0] })
  }

  @Test func namesMayHaveUnderscores() throws {
    #expect(
      try texts("memory_reservation=0", "epoch_interruption") == texts("epoch-interruption", "memory-reservation=0"))
  }

  /// Two ways to say a thing must not give two identities.
  @Test func equalSettingsAreEqualHoweverTheyWereSaid() throws {
    let one = try EngineConfiguration([
      "threads=n", "memory-guard-size=0", "epoch-interruption", "cranelift-b=1", "cranelift-a",
    ])
    let other = try EngineConfiguration([
      "cranelift-a", "cranelift-b=2", "static-memory-guard-size=0x0", "threads=y", "epoch_interruption=y", "threads=no",
      "cranelift-b=1",
    ])
    #expect(one == other && one.hashValue == other.hashValue && one.texts == other.texts)
    #expect(
      one.texts == ["memory-guard-size=0", "epoch-interruption=true", "threads=false", "cranelift-a=", "cranelift-b=1"])
  }

  @Test func whatIsPrintedIsReadAgain() throws {
    let all = try EngineConfiguration([
      "fuel", "threads=n", "memory-reservation=1", "cranelift-a=b=c", "debug-info", "backtrace-details", "opt-level=s",
    ])
    #expect(try EngineConfiguration(all.texts) == all)
  }

  @Test func whatNoEngineHasByItselfIsNotSetByNo() throws {
    for name in ["epoch-interruption", "fuel", "debug-info", "backtrace-details", "nan-canonicalization"] {
      #expect(try EngineConfiguration(["\(name)=n"]).isEmpty, "\(name)")
      #expect(try EngineConfiguration([name, "\(name)=n"]).isEmpty, "\(name)")
    }
    #expect(try texts("threads=y") == ["threads=true"], "some releases have it, others do not")
  }

  @Test func anyAmountOfFuelIsFuel() throws {
    for text in ["fuel", "fuel=1", "fuel=0", "fuel=1_000", "fuel=y", "fuel=true"] {
      #expect(try texts(text) == ["fuel=true"], "\(text)")
    }
    #expect(try texts("fuel=n") == [])
    #expect(refusal("fuel=much") == "the setting fuel must be a number, not “much”")
  }

  @Test func olderNamesMeanTheNewOnes() throws {
    #expect(try texts("static-memory-forced") == ["memory-may-move=false"])
    #expect(try texts("static-memory-forced=n") == ["memory-may-move=true"])
    #expect(try texts("static-memory-maximum-size=7") == ["memory-reservation=7"])
    #expect(try texts("dynamic-memory-guard-size=7") == ["memory-guard-size=7"])
    #expect(try texts("dynamic-memory-reserved-for-growth=7") == ["memory-reservation-for-growth=7"])
  }

  @Test func whatTheCAPICannotChooseMayBeSaidIfItIsSo() throws {
    #expect(
      try texts("table-lazy-init=y", "wmemcheck=n", "gc-heap-reservation=0x1_0000_0000".replacing("_", with: "")) == [])
    #expect(
      refusal("wmemcheck")
        == "only a Rust host can have wmemcheck=true, and libwasmtime's C API always has false: compile with `wasmtime compile` "
        + "of the same release")
    // The heap of garbage collection is laid out as memories are.
    #expect(
      try EngineConfiguration(["gc-heap-guard-size=0"]).contradiction?.description
        == "only a Rust host can have gc-heap-guard-size=0, and libwasmtime's C API always has 33554432, as "
        + "memory-guard-size: compile with `wasmtime compile` of the same release")
    #expect(try EngineConfiguration(["gc-heap-guard-size=0", "memory-guard-size=0"]).contradiction == nil)
    #expect(try EngineConfiguration(["memory-guard-size=0", "gc-heap-guard-size=33554432"]).contradiction != nil)
  }

  /// What a Rust host's own compiler is told.
  @Test func rustHostsHaveEverythingThatIsSaid() throws {
    func configuration(_ texts: String...) throws -> EngineConfiguration {
      var all = EngineConfiguration()
      for text in texts {
        let parts = text.split(separator: "=").map(String.init)
        try all.set(parts[0], to: parts.count == 2 ? parts[1] : nil, in: nil, at: "here")
      }
      return all
    }
    let all = try configuration(
      "wmemcheck", "gc-heap-guard-size=0", "collector=copying", "address-map=n", "fuel=7", "table-lazy-init=y",
      "static-memory-maximum-size=3")
    #expect(all.texts == ["memory-reservation=3", "fuel=true", "gc-support=false"])
    #expect(
      all.ofRustHosts.texts == [
        "memory-reservation=3", "table-lazy-init=true", "gc-heap-guard-size=0", "collector=copying",
        "address-map=false",
        "fuel=true", "wmemcheck=true",
      ])
    #expect(
      all.ofRustHosts.toml == """
        [optimize]
        memory-reservation = 3
        table-lazy-init = true
        gc-heap-guard-size = 0

        [codegen]
        collector = "copying"

        [debug]
        address-map = false

        [wasm]
        fuel = 1
        wmemcheck = true

        """)
    #expect(all.ofRustHosts.unreachable == nil)
    let first = try #require(all.unreachable)
    #expect(first.place == "here")
    #expect(
      first.error.statement
        == "only a Rust host can have gc-heap-guard-size=0, and libwasmtime's C API always has 33554432, as memory-guard-size"
    )
    #expect(try configuration("wmemcheck=n", "table-lazy-init", "address-map=n").unreachable == nil)
    #expect(try configuration("wmemcheck=n", "address-map=n").ofCHosts == EngineConfiguration())
    #expect(try configuration("collector=auto").ofRustHosts == EngineConfiguration())
    var merged = try configuration("wmemcheck")
    merged.merge(try configuration("wmemcheck=n"))
    #expect(merged.unreachable == nil, "the later one counts")
    var mixed = try configuration("wmemcheck")
    try mixed.set("threads", to: "n")
    #expect(mixed.texts == ["threads=false"], "what was said before is not what is said now")
    #expect(throws: EngineConfigurationError.self) { try mixed.set("guest-debug", to: "y") }
  }

  /// A host with another collector loads what does without any.
  @Test func anotherCollectorMeansNone() throws {
    #expect(try texts("collector=drc") == [])
    for collector in ["copying", "null", "auto"] {
      #expect(try texts("collector=\(collector)") == ["gc-support=false"], "\(collector)")
    }
  }

  @Test func whatArtifactsDoNotShowIsTakenAndForgotten() throws {
    #expect(try texts("pooling-allocator", "max-wasm-stack=1000", "parallel-compilation=n", "timeout=1s") == [])
  }

  @Test func aNameOfCraneliftsOwnIsAFlagUnlessItIsASetting() throws {
    #expect(try texts("cranelift-enable_probestack=false") == ["cranelift-enable_probestack=false"])
    #expect(try texts("cranelift-debug-verifier") == ["cranelift-debug-verifier=true"])
    #expect(refusal("cranelift-debug-verifier=2") == "the setting cranelift-debug-verifier must be y or n, not “2”")
    #expect(refusal("cranelift-x", in: .wasm) == "there is no setting “cranelift-x” among those of -W")
  }

  // MARK: What is refused

  @Test func whatCannotBeSetIsNamed() {
    #expect(refusal("nothing") == "there is no setting “nothing”")
    #expect(refusal("") == "there is no setting “”")
    #expect(refusal("threads", in: .optimize) == "there is no setting “threads” among those of -O")
    #expect(refusal("threads", in: .wasm) == nil)
    #expect(refusal("threads=maybe") == "the setting threads must be y or n, not “maybe”")
    #expect(refusal("threads=") == "the setting threads must be y or n, not “”")
    #expect(refusal("memory-reservation") == "the setting memory-reservation must be a number")
    #expect(refusal("memory-reservation=-1") == "the setting memory-reservation must be a number, not “-1”")
    #expect(refusal("opt-level=3") == "the setting opt-level must be 0, 1, 2, s, not “3”")
    #expect(refusal("compiler=llvm") == "the setting compiler must be cranelift, winch, pulley, not “llvm”")
  }

  // MARK: Putting together

  @Test func theLaterOfTwoCounts() throws {
    var all = try EngineConfiguration(["fuel", "threads=n", "memory-reservation=1"])
    all.merge(try EngineConfiguration(["threads=y", "memory-guard-size=0", "cranelift-a"]))
    #expect(
      all.texts == ["memory-reservation=1", "memory-guard-size=0", "fuel=true", "threads=true", "cranelift-a="])
    #expect(all.without("fuel", "threads", "cranelift-a").texts == ["memory-reservation=1", "memory-guard-size=0"])
    #expect(
      try all.without("fuel", "threads", "cranelift-a", "memory-reservation", "memory-guard-size")
        == EngineConfiguration([]))
  }

  // MARK: Printing

  @Test func isAFileThatWasmtimeReads() throws {
    let all = try EngineConfiguration([
      "threads=n", "fuel=7", "backtrace-details", "memory-may-move=n", "compiler=winch", "memory-reservation=0",
      "cranelift-enable_x=y",
    ])
    #expect(
      all.toml == """
        [optimize]
        memory-may-move = false
        memory-reservation = 0

        [codegen]
        compiler = "winch"
        cranelift = [["enable_x", "y"]]

        [debug]
        backtrace-details = true

        [wasm]
        fuel = 1
        threads = false

        """)
  }
}
