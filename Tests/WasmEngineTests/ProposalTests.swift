import TestSupport
import Testing
import WasmEngine

/// A module of a proposal, and what the engine of the default release makes of it: nil where it compiles.
struct ProposalCase: Sendable, CustomTestStringConvertible {
  let name: String
  let module: [UInt8]
  let cranelift: Proposal?
  let winch: Proposal?

  /// - Parameter module: what follows the preamble, in hexadecimal.
  init(_ name: String, _ module: String, cranelift: Proposal? = nil, winch: Proposal? = nil) {
    self.name = name
    self.module = WasmBinary.empty + ([UInt8](hex: module.utf8) ?? [])
    self.cranelift = cranelift
    self.winch = winch
  }

  var testDescription: String { name }

  static let all = [
    ProposalCase("shared memory", "050401030101", winch: .threads),
    ProposalCase("atomics", "0104016000000302010005030100010a0d010b0041004101fe1e02001a0b", winch: .threads),
    ProposalCase("wide multiplication", "01080160027e7e027e7e030201000a0a01080020002001fc160b", winch: .wideArithmetic),
    ProposalCase(
      "128-bit addition", "010a0160047e7e7e7e027e7e030201000a0e010c002000200120022003fc130b", winch: .wideArithmetic),
    ProposalCase("tail call", "010401600000030201000a0601040012000b", winch: .tailCalls),
    ProposalCase("relaxed swizzle", "01070160027b7b017b030201000a0b01090020002001fd80020b", winch: .relaxedSIMD),
    ProposalCase("simd", "01060160017b017b030201000a0601040020000b"),
    ProposalCase("struct", "0105015f017f00", winch: .garbageCollection),
    ProposalCase("i31", "010601600001646c030201000a080106004100fb1c0b", winch: .garbageCollection),
    ProposalCase("recursive types", "0107014e025f005f00", winch: .garbageCollection),
    ProposalCase("subtype", "0106015000600000", winch: .garbageCollection),
    ProposalCase(
      "typed function reference", "0109026000006001640000030201010a08010600200014000b", winch: .functionReferences),
    ProposalCase("throw", "010401600000030201000d030100000a0601040008000b", winch: .exceptions),
    ProposalCase("exnref", "01050160016900030201000a040102000b", winch: .exceptions),
    ProposalCase("throw_ref", "010401600000030201000a06010400000a0b", winch: .exceptions),
    ProposalCase(
      "legacy try", "010401600000030201000a08010600064018000b", cranelift: .legacyExceptions, winch: .legacyExceptions),
    ProposalCase(
      "legacy catch", "010401600000030201000d030100000a0a01080006400107000b0b", cranelift: .legacyExceptions,
      winch: .exceptions),
    ProposalCase("page size of one byte", "050401080100", cranelift: .customPageSizes, winch: .customPageSizes),
    ProposalCase(
      "continuation", "0106026000005d000303020000090501030001000a0c0202000b0700d200e0011a0b",
      cranelift: .stackSwitching, winch: .stackSwitching),
    ProposalCase(
      "suspend", "010401600000030201000d030100000a06010400e2000b", cranelift: .stackSwitching, winch: .exceptions),
    ProposalCase("shared type", "01050165600000", cranelift: .sharedEverythingThreads, winch: .sharedEverythingThreads),
    ProposalCase(
      "shared global", "0606017f0241000b", cranelift: .sharedEverythingThreads, winch: .sharedEverythingThreads),
    ProposalCase("64-bit memory", "0503010401"),
    ProposalCase("two memories", "05050200010001"),
  ]
}

struct ProposalTests {
  /// What the engine says, not what we remember of it: a release that changes its words shows here.
  @Test(arguments: ProposalCase.all) func isRecognizedInTheEnginesWords(_ one: ProposalCase) throws {
    #expect(try refusal(of: one.module, .cranelift) == one.cranelift)
    #expect(try refusal(of: one.module, .winch) == one.winch)
  }

  /// The proposal that keeps a module from compiling; nil if it compiles.
  private func refusal(of module: [UInt8], _ backend: Backend) throws -> Proposal? {
    do {
      _ = try EngineArtifact.compile(module, EngineSettings(backend: backend))
      return nil
    } catch EngineError.invalidModule(let message) {
      let proposal: Proposal = try #require(Proposal(namedIn: message), "\(message)")
      return proposal
    }
  }

  @Test(arguments: ["24.0.0", "36.0.0", "48.0.0"]) func isRecognizedInTheWordsOfOtherReleases(_ version: String) throws
  {
    for one in ProposalCase.all {
      do {
        _ = try EngineArtifact.compile(one.module, with: version)
      } catch EngineError.invalidModule(let message) {
        // What a release has never heard of, it cannot name.
        let isUnheardOf = message.contains("unknown 0xfc subopcode") || message.contains("invalid leading byte")
        #expect(isUnheardOf || Proposal(namedIn: message) != nil, "\(one.name): \(message)")
      }
    }
  }

  /// Real messages of module errors; the names in them are the module's to choose.
  @Test(arguments: [
    "failed to compile: wasm[0]::function[0]: WebAssembly translation error: Invalid input WebAssembly code at offset 24: "
      + "type mismatch: expected i32 but nothing on stack",
    "failed to compile: wasm[0]::function[0]::simd_is_disabled: WebAssembly translation error: "
      + "Invalid input WebAssembly code at offset 24: type mismatch: expected i32 but nothing on stack",
    "failed to compile: wasm[0]::function[0]::threads_not_enabled: Compilation error: "
      + "type mismatch: expected i32 but nothing on stack (at offset 0x18)",
    "failed to parse WebAssembly module: duplicate export name `threads` already defined (at offset 0x1f)",
    "failed to parse WebAssembly module: unexpected end-of-file (at offset 0x24)",
    "",
  ])
  func ordinaryErrorIsNone(_ message: String) { #expect(Proposal(namedIn: message) == nil) }

  @Test func functionsNameDoesNotHideTheProposal() {
    let message =
      "failed to compile: wasm[0]::function[0]::shared_everything_threads: Compilation error: "
      + "tail calls support is not enabled (at offset 0x17)"
    #expect(Proposal(namedIn: message) == .tailCalls)
  }

  @Test func ordinaryErrorOfTheEngineIsNone() throws {
    for backend in [Backend.cranelift, .winch] {
      do {
        _ = try EngineArtifact.compile(WasmBinary.invalid, EngineSettings(backend: backend))
        Issue.record("compiled")
      } catch EngineError.invalidModule(let message) {
        #expect(Proposal(namedIn: message) == nil)
      }
    }
  }
}
