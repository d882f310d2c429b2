import TestSupport
import Testing

@testable import WasmEngine

/// Artifacts assume no more of WebAssembly than the level of their module, and hosts without the rest load them.
struct LeastFeatureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let module: [UInt8]
    let level: FeatureLevel

    /// - Parameter module: what follows the preamble, in hexadecimal.
    init(_ name: String, _ module: String, _ level: FeatureLevel) {
      self.name = name
      self.module = WasmBinary.empty + ([UInt8](hex: module.utf8) ?? [])
      self.level = level
    }

    var testDescription: String { name }

    /// Those whose module a release takes at all.
    static func all(in version: String) -> [Case] { all.filter { version == "50.0.1" || $0.name != "wide arithmetic" } }

    static let all = [
      Case("nothing", "", .basic),
      Case("vectors", "01060160017b017b030201000a0601040020000b", .basic),
      Case("shared memory", "050401030101", .threads),
      Case("atomics", "0104016000000302010005030100010a0d010b0041004101fe1e02001a0b", .threads),
      Case("64-bit memory", "0503010401", .extended),
      Case("two memories", "05050200010001", .extended),
      Case("tail call", "010401600000030201000a0601040012000b", .extended),
      Case("relaxed vectors", "01070160027b7b017b030201000a0b01090020002001fd80020b", .extended),
      Case("wide arithmetic", "01080160027e7e027e7e030201000a0a01080020002001fc160b", .extended),
      Case("struct", "0105015f017f00", .all),
      Case("reference to a function", "0109026000006001640000030201010a08010600200014000b", .all),
      Case("throw", "010401600000030201000d030100000a0601040008000b", .all),
    ]
  }

  private func compiler(_ version: String, _ features: FeaturePolicy = .least) throws -> ModuleCompiler {
    try ModuleCompiler(
      library: EngineLibrary(path: EngineUnderTest.library(version)),
      settings: EngineSettings(backend: .cranelift, features: features))
  }

  private func compile(_ module: [UInt8], _ compiler: ModuleCompiler, as kind: ModuleKind = .coreModule) throws
    -> [UInt8]
  {
    try module.withUnsafeBytes { bytes in
      Result { () throws(EngineError) in try compiler.compile(bytes, as: kind, parallel: false) { Array($0) } }
    }.get()
  }

  private func record(_ artifact: [UInt8]) throws -> CompatibilityRecord {
    try #require(artifact.withUnsafeBytes { CompatibilityRecord(artifact: $0) })
  }

  /// The settings of a host that has nothing beyond a level.
  private func host(_ level: FeatureLevel, _ version: String) -> [String] {
    level.settingsOff(for: .coreModule).filter { EngineSetting.named($0)?.isThere(in: version) == true }
      .map { "\($0)=false" }
  }

  @Test(arguments: ["48.0.0", "50.0.1"]) func hostsWithoutTheRestLoadIt(_ version: String) throws {
    let compiler = try compiler(version)
    var questions: [HostClient.Question] = []
    let cases = Case.all(in: version)
    for one in cases {
      let artifact = try compile(one.module, compiler)
      let lowest = try Engine(
        library: compiler.library, settings: compiler.settings, level: one.level, for: .coreModule, parallel: false)
      #expect(try record(artifact) == lowest.compatibilityRecord(), "\(one)")
      #expect(try compiler.record().covers(record(artifact)))
      for level in FeatureLevel.allCases { questions.append(.init(settings: host(level, version), bytes: artifact)) }
    }
    let answers = try HostClient(version).answers(questions)
    for (number, one) in cases.enumerated() {
      for (level, answer) in zip(FeatureLevel.allCases, answers[(number * 4)...]) {
        #expect((answer == "loaded") == (level >= one.level), "\(one) with a host of level \(level): \(answer)")
      }
    }
  }

  @Test func allMeansAllThatTheHostHas() throws {
    let compiler = try compiler(EngineUnderTest.version, .all)
    for one in Case.all { #expect(try record(compile(one.module, compiler)) == compiler.record(), "\(one)") }
  }

  /// The code is the same at every level.
  @Test func theCodeIsTheSame() throws {
    func code(_ artifact: [UInt8]) -> [UInt8]? {
      artifact.withUnsafeBytes { ELFFile($0)?.section(named: ".text").map(Array.init) }
    }
    let least = try compile(WasmBinary.returning(7), compiler(EngineUnderTest.version))
    let all = try compile(WasmBinary.returning(7), compiler(EngineUnderTest.version, .all))
    #expect(least != all && code(least) != nil && code(least) == code(all))
  }

  @Test func componentsAreTriedWithoutGarbageCollection() throws {
    let compiler = try compiler(EngineUnderTest.version)
    let own = try record(compile(WasmBinary.emptyComponent, compiler, as: .component))
    #expect(try own != compiler.record() && compiler.record().covers(own))
    #expect(try #require(RecordParts(own)).collectorName == nil)
  }

  /// What is valid nowhere is refused in the words of the host's own engine, whatever was tried before.
  @Test(arguments: EngineUnderTest.versions, [Backend.cranelift, .winch])
  func whatIsValidNowhereIsRefusedInTheHostsWords(_ version: String, _ backend: Backend) throws {
    let settings = EngineSettings(backend: backend)
    let compiler = try ModuleCompiler(
      library: EngineLibrary(path: EngineUnderTest.library(version)), settings: settings)
    let hopeless = [
      WasmBinary.invalid, WasmBinary.customPageSize, WasmBinary.empty + [0xff], Array(WasmBinary.empty.prefix(5)), [],
    ]
    for module in hopeless {
      let own = #expect(throws: EngineError.self) {
        try module.withUnsafeBytes { bytes in
          Result { () throws(EngineError) in try compiler.host.compile(bytes, as: .coreModule) { $0.count } }
        }.get()
      }
      let error = #expect(throws: EngineError.self) { try compile(module, compiler) }
      #expect(error == own)
    }
  }
}
