import ArgumentParser
import SystemPackage
import Testing

@testable import Commands

/// What is understood without the parser is what the parser makes of it.
struct QuickArgumentsTests {
  /// Everything in a command: each option that was not set shows as a definition.
  private func dumped(_ command: any ParsableCommand) -> String {
    var text = ""
    dump(command, to: &text)
    return text
  }

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
    #expect(dumped(quick) == dumped(try parsed(arguments)))
  }

  /// Whatever option there is must be in `unset`, or reading it ends the program.
  @Test func everyOptionIsSet() throws {
    let text = dumped(PrecompileCommand.unset)
    let forgotten = text.split(separator: "\n").filter { $0.contains("definition") }
    #expect(forgotten.isEmpty, "UnsetOptions.swift leaves out an option, see the lines before: \(text)")
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
