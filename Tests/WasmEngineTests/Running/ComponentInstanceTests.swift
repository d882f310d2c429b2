import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

struct ComponentInstanceTests {
  /// Releases that tell the types of functions, and give components all of WASI.
  private static let recent = ComponentTests.versions.filter { $0 != "36.0.0" }

  private func component(_ text: String, with version: String = EngineUnderTest.version) throws -> Component {
    try Component(compiling: WasmText.binary(text), with: ComponentTests.engine(version))
  }

  // MARK: Functions

  @Test(arguments: recent) func functionsTakeAndGiveEveryPlainValue(_ version: String) throws {
    let instance = try ComponentInstance(component(WasmComponents.numbers, with: version))
    let values: [ComponentValue] = [
      .bool(true), .bool(false), .s8(.min), .u8(.max), .s16(.min), .u16(.max), .s32(.min), .u32(.max), .s64(.min),
      .u64(.max), .f32(0.1), .f64(-.infinity),
    ]
    #expect(Set(values.map(\.kind)).count == ComponentValue.Kind.allCases.count)
    for value in values {
      let name = value.kind.rawValue
      #expect(try instance.signature(of: name) == ComponentSignature(parameters: [value.kind], results: [value.kind]))
      #expect(try instance.call(name, [value]) == value)
      #expect(ComponentValue("\(value)", as: value.kind) == value)
    }
    #expect(try instance.call("nothing") == nil)
  }

  @Test(arguments: recent) func functionsOfAnInterfaceAreCalledByBothNames(_ version: String) throws {
    let instance = try ComponentInstance(component(WasmComponents.numbers, with: version))
    // Any version that is compatible stands for the one that is there.
    for name in ["demo:calculator/divide@1.2.0#divide", "demo:calculator/divide@1.0.7#divide"] {
      #expect(try instance.signature(of: name)?.description == "(u32, u32) -> u32")
      // More than once: a call must be finished before the next.
      #expect(try instance.call(name, [.u32(7), .u32(2)]) == .u32(3))
      #expect(try instance.call(name, [.u32(.max), .u32(1)]) == .u32(.max))
    }
    for name in ["divide", "demo:calculator/divide@2.0.0#divide", "demo:calculator/divide@1.2.0#other", "#", ""] {
      #expect(try instance.signature(of: name) == nil)
      #expect(throws: RunError.noFunction(name)) { try instance.call(name) }
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let instance = try ComponentInstance(component(WasmComponents.numbers))
    let signature = ComponentSignature(parameters: [.u8], results: [.u8])
    for arguments in [[], [.s8(1)], [.u8(1), .u8(1)]] as [[ComponentValue]] {
      #expect(throws: RunError.wrongComponentArguments(function: "u8", signature)) {
        try instance.call("u8", arguments)
      }
    }
    let length = ComponentSignature(parameters: [nil], results: [.u32])
    #expect("\(length)" == "(another type) -> u32")
    #expect(throws: RunError.notOnlyPlainValues(function: "length", length)) {
      try instance.call("length", [.u32(1)])
    }
    #expect(try instance.signature(of: "nothing")?.description == "() -> ()")
    for (text, kind) in [("256", .u8), ("-1", .u32), ("0x1", .s32), ("yes", .bool), ("", .f64)]
      as [(String, ComponentValue.Kind)]
    {
      #expect(ComponentValue(text, as: kind) == nil)
    }
  }

  @Test func aReleaseWithoutTypesSaysSo() throws {
    let instance = try ComponentInstance(component(WasmComponents.numbers, with: "36.0.0"))
    let failure = RunError.engineCannotRunComponents(missingFunction: "wasmtime_component_func_type", since: 39)
    #expect(throws: failure) { try instance.call("u8", [.u8(1)]) }
    #expect(
      "\(failure)"
        == "the engine cannot do this with components: it has no function wasmtime_component_func_type: release 39 or later has it"
    )
  }

  // MARK: Commands

  @Test(arguments: ComponentTests.versions) func aCommandRunsAndSaysHowItEnded(_ version: String) throws {
    func run(_ text: String) throws {
      try ComponentInstance(component(text, with: version), wasi: WASISettings()).run()
    }
    #expect(throws: RunError.exited(status: 1)) { try run(WasmComponents.failing) }
    #expect(throws: RunError.exited(status: 1)) { try run(WasmComponents.leaving(failed: true)) }
    #expect(throws: RunError.exited(status: 0)) { try run(WasmComponents.leaving(failed: false)) }
    #expect(throws: RunError.noFunction("wasi:cli/run@0.2.0#run")) { try run(WasmComponents.numbers) }
    let end = #expect(throws: RunError.self) { try run(WasmComponents.trapping) }
    guard case .trapped(let trap) = end else {
      Issue.record("\(String(describing: end))")
      return
    }
    #expect(trap.reason == "wasm `unreachable` instruction executed")
    #expect(trap.backtrace.count == 2 && trap.backtrace[0].hasSuffix(" - program!inner"))
  }

  @Test func theComponentMayGoWhileItsInstanceLives() throws {
    let instance = try { try ComponentInstance(component(WasmComponents.numbers)) }()
    #expect(try instance.call("s32", [.s32(-3)]) == .s32(-3))
  }

  @Test(arguments: ComponentTests.versions) func whatAComponentNeedsAndIsNotGivenIsSaid(_ version: String) throws {
    for wasi in [nil, WASISettings()] {
      let end = #expect(throws: RunError.self) {
        try ComponentInstance(component(WasmComponents.needing, with: version), wasi: wasi)
      }
      guard case .cannotInstantiate(let message) = end else {
        Issue.record("\(String(describing: end))")
        continue
      }
      #expect(message.contains("demo:env/clock"))
    }
    #expect(throws: RunError.self) { try ComponentInstance(component(WasmComponents.failing, with: version)) }
  }

  @Test func whatTheProgramCannotBeGivenIsSaid() throws {
    for version in ComponentTests.versions {
      let failing = try component(WasmComponents.failing, with: version)
      #expect(throws: RunError.notText("a\0b")) {
        try ComponentInstance(failing, wasi: WASISettings(arguments: ["a\0b"]))
      }
    }
    let missing = WASISettings(directories: [.init(host: "/does/not/exist", guest: "/")])
    #expect(throws: RunError.directoryUnusable("/does/not/exist")) {
      try ComponentInstance(component(WasmComponents.failing), wasi: missing)
    }
    let variable = WASISettings(environment: [.init(name: "A", value: "1")])
    for wasi in [missing, variable] {
      #expect(throws: RunError.componentsGetOnlyArguments) {
        try ComponentInstance(component(WasmComponents.failing, with: "36.0.0"), wasi: wasi)
      }
    }
  }
}
