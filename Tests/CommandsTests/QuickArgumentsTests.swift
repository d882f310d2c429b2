import ArgumentParser
import SystemPackage
import Testing

@testable import Commands

/// What is understood without the parser is what the parser makes of it.
struct QuickArgumentsTests {
  /// Every option's value; of one that was not set it says that it is a definition.
  private func described(_ command: any ParsableCommand) -> String { "\(command)" }

  private func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    try CommandLineTool.root(for: arguments).parseAsRoot(arguments)
  }

  @Test(arguments: [
    ["build"], ["a.wasm", "b.wasm"], ["--backend", "winch", "build"], ["build", "--backend", "pulley", "-q"],
    ["--backend", "winch", "--backend", "cranelift", "--cache-dir", "here", "--quiet", "build"],
    ["--cache-dir", "one", "--cache-dir", "two", "."], ["x", "-q", "-q"], ["\u{10FFFF}odd"], ["a b", "ü"],
  ])
  func meansTheSame(_ arguments: [String]) throws {
    let quick = try #require(QuickArguments.parse(arguments))
    #expect(described(quick) == described(try parsed(arguments)))
  }

  /// Whatever option there is must be in `unset`, or reading it ends the program.
  @Test func everyOptionIsSet() throws {
    let text = described(PrecompileCommand.unset)
    #expect(text.contains("_backends: ") && !text.contains("definition"), "UnsetOptions.swift leaves out an option")
  }

  @Test(arguments: [
    [], ["-"], ["--", "a"], ["--backend=winch", "a"], ["--backend", "none", "a"], ["--backend"],
    ["--cache-dir", "-x", "a"],
    ["--cache-dir"], ["--cache-dir", "", "a"], [""], ["-qv", "a"], ["-v", "a"], ["--watch", "a"], ["-j2", "a"],
    ["a", "-h"],
    ["--back", "winch", "a"], ["-q"], ["--help"],
  ])
  func everythingElseIsTheParsers(_ arguments: [String]) {
    #expect(QuickArguments.parse(arguments).map(\.path.count) == nil)
  }

  @Test func aSubcommandThatComesTooLateIsTheParsersToRefuse() {
    #expect(QuickArguments.parse(["-q", "engines"]).map(\.path.count) == nil)
  }
}
