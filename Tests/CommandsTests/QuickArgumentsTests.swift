import ArgumentParser
import SystemPackage
import Testing

@testable import Commands

/// What is understood without the parser is what the parser makes of it.
struct QuickArgumentsTests {
  @Test(arguments: [
    ["build"], ["a.wasm", "b.wasm"], ["--backend", "winch", "build"], ["build", "--backend", "pulley", "-q"],
    ["--backend", "winch", "--backend", "cranelift", "--cache-dir", "here", "--quiet", "build"],
    ["--cache-dir", "one", "--cache-dir", "two", "."], ["x", "-q", "-q"], ["\u{10FFFF}odd"], ["a b", "ü"],
  ])
  func meansTheSame(_ arguments: [String]) throws {
    let quick = try #require(QuickArguments.parse(arguments))
    let parsed = try ParsedOptions<PrecompileInvocation>.parse(arguments)
    #expect("\(quick.wrappedValue)" == "\(parsed.wrappedValue)")
    #expect(quick.given.keys.sorted() == parsed.given.keys.sorted())
  }

  @Test(arguments: [
    [], ["-"], ["--", "a"], ["--backend=winch", "a"], ["--backend", "none", "a"], ["--backend"],
    ["--cache-dir", "-x", "a"],
    ["--cache-dir"], ["--cache-dir", "", "a"], [""], ["-qv", "a"], ["-v", "a"], ["--watch", "a"], ["-j2", "a"],
    ["a", "-h"],
    ["--back", "winch", "a"], ["-q"], ["--help"],
  ])
  func everythingElseIsTheParsers(_ arguments: [String]) {
    #expect(QuickArguments.parse(arguments).map(\.given.count) == nil)
  }

  @Test func aSubcommandThatComesTooLateIsRefused() throws {
    let quick = try #require(QuickArguments.parse(["-q", "engines"]))
    let error = #expect(throws: ValidationError.self) { try Subcommands.refuseOne(among: quick.wrappedValue.path) }
    #expect(error?.message == "'engines' is a subcommand: put it first, before its options")
  }
}
