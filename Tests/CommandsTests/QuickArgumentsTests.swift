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
    ["-v", "a"], ["--watch", "a", "--exec", "b c", "--debounce", "10"], ["-j", "2", "--jobs", "3", "a"],
    ["a", "--exclude", "b", "c", "--exclude", "d*", "--follow-links", "--output", "e", "--depfile", "f"],
    ["--force", "--rehash", "--timeout", "3.5", "--max-memory", "2G", "--color", "never", "--format", "json", "a"],
    [
      "--opt-level", "none", "--cpu", "baseline", "-W", "epoch-interruption", "-O", "opt-level=s", "--engine", "/x",
      "a",
    ],
    ["--trust-cache", "--lower-cache", "a", "--lower-cache", "b", "--max-size", "none", "--isolate", "run", "c"],
    ["--files-from", "x", "-0"], ["-n", "--timings", "x.html", "y"],
  ])
  func meansTheSame(_ arguments: [String]) throws {
    let quick = try #require(QuickArguments.parse(arguments, for: PrecompileCommand.self)).parsed
    let parsed = try ParsedOptions<PrecompileInvocation>.parse(arguments)
    #expect("\(quick.wrappedValue)" == "\(parsed.wrappedValue)")
    #expect(quick.given.keys.sorted() == parsed.given.keys.sorted())
  }

  @Test(arguments: [
    [], ["-"], ["--", "a"], ["--backend=winch", "a"], ["--backend", "none", "a"], ["--backend"],
    ["--cache-dir", "-x", "a"],
    ["--cache-dir"], ["--cache-dir", "", "a"], [""], ["-qv", "a"], ["-j2", "a"], ["a", "-h"], ["-j", "0", "a"],
    ["--jobs", "-1", "a"], ["--jobs", "x", "a"], ["--watch", "--force", "a"], ["--quiet=true", "a"],
    ["a", "--exclude", "--quiet"], ["--no-quiet", "a"], ["a", "--cache-dir"], ["-f", "a"],
    ["--back", "winch", "a"], ["-q"], ["--help"],
  ])
  func everythingElseIsTheParsers(_ arguments: [String]) {
    #expect(QuickArguments.parse(arguments, for: PrecompileCommand.self)?.parsed.given.count == nil)
  }

  @Test(arguments: [
    ["a.wasm"], ["a.wasm", "b", "--verify", "--compile"], ["--files-from", "x", "-0", "--format", "json"],
    ["a", "--backend", "winch", "-W", "fuel=1", "--cache-dir", "b", "--timeout", "3", "--lower-cache", "c"],
  ])
  func pathMeansTheSame(_ arguments: [String]) throws {
    let quick = try #require(QuickArguments.parse(arguments, for: PathCommand.self)).parsed
    let parsed = try ParsedOptions<PathInvocation>.parse(arguments)
    #expect("\(quick.wrappedValue)" == "\(parsed.wrappedValue)")
    #expect(quick.given.keys.sorted() == parsed.given.keys.sorted())
  }

  @Test func aSubcommandThatComesTooLateIsRefused() throws {
    let quick = try #require(QuickArguments.parse(["-q", "engines"], for: PrecompileCommand.self))
    let error = #expect(throws: ValidationError.self) { try Subcommands.refuseOne(among: quick.invocation.path) }
    #expect(error?.message == "'engines' is a subcommand: put it first, before its options")
  }
}
