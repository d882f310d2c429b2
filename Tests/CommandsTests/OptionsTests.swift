import ArgumentParser
import LinuxIO
import Precompiler
import Scanning
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import WasmEngine

struct OptionsTests {
  private func parse(_ arguments: [String]) throws -> any ParsableCommand {
    try CommandLineTool.root(for: arguments).parseAsRoot(arguments)
  }

  private func precompile(_ arguments: String...) throws -> PrecompileInvocation {
    try #require(try parse(arguments) as? PrecompileCommand).invocation
  }

  /// What a user reads who types this, without the usage below it; nil if it is understood.
  private func refusal(_ arguments: String...) -> String? {
    do {
      _ = try parse(arguments)
      return nil
    } catch {
      let root = CommandLineTool.root(for: arguments)
      #expect(root.exitCode(for: error).rawValue == ExitStatus.usage.rawValue)
      return root.message(for: error)
    }
  }

  // MARK: What is understood

  @Test func defaultsAreThoseOfTheHelp() throws {
    let command = try precompile("a.wasm")
    #expect(command.path.map(\.path) == ["a.wasm"])
    #expect(command.compiler.settings(EngineConfiguration()) == [EngineSettings(backend: .cranelift)])
    #expect(command.limits.timeout.value == 120)
    #expect(command.execution.jobs == nil)
    #expect(!command.execution.failFast && !command.execution.force && command.execution.purpose == .compile)
    #expect(!command.selection.followLinks && command.selection.exclude.isEmpty)
    let level = command.verbosity.level
    #expect(!level.isQuiet && !level.isVerbose && !level.explains)
  }

  @Test func everyOptionIsUnderstood() throws {
    let command = try precompile(
      "a", "--backend", "winch", "--backend=cranelift", "--opt-level", "speed-and-size", "--cpu", "baseline", "-j", "3",
      "--timeout", "0.5", "--fail-fast", "-n", "--force", "--exclude", "x", "--exclude", "y/", "--follow-links", "-v",
      "--explain", "--engine", "e.so", "--cache-dir", "c", "b")
    #expect(command.path.map(\.path) == ["a", "b"])
    #expect(
      command.compiler.settings(EngineConfiguration()) == [
        EngineSettings(backend: .winch, cpu: .baseline),
        EngineSettings(backend: .cranelift, optimization: .speedAndSize, cpu: .baseline),
      ])
    #expect(command.execution.jobs == 3 && command.limits.timeout.value == 0.5)
    #expect(command.execution.failFast && command.execution.force && command.execution.purpose == .dryRun)
    #expect(
      command.selection.exclude.map(\.bytes) == [Array("x".utf8), Array("y/".utf8)] && command.selection.followLinks)
    #expect(command.verbosity.level.isVerbose && command.verbosity.level.explains)
    #expect(command.engine.search.candidates == [EngineLocation(path: "e.so", origin: .option)])
    #expect(try command.cache.path() == Environment.absolute("c"))
  }

  @Test func lowerCachesAreTakenInOrderByEveryCommandWithACache() throws {
    let arguments = ["--lower-cache", "a", "--lower-cache", "/b/../c"]
    #expect(try precompile("x", "--lower-cache", "a").cache.lowerCaches == [Environment.absolute("a")])
    let path = try #require(try parse(["path", "m.wasm"] + arguments) as? PathCommand)
    #expect(path.invocation.options.cache.lowerCaches == [Environment.absolute("a"), Environment.absolute("/b/../c")])
    let list = try #require(try parse(["cache", "list"] + arguments) as? CacheCommand.List)
    #expect(list.cache.lowerCaches.count == 2)
    #expect(refusal("x", "--lower-cache", "") == "The value '' is invalid for '--lower-cache <directory>'")
    #expect(try precompile("x").cache.lowerCaches.isEmpty)
  }

  @Test func keysAreTakenByWhatLooksIntoLowerCachesAndByWhatSigns() throws {
    let command = try precompile("x", "--trust", "a.pub", "--trust", "b.pub", "--sign-with", "c.sec")
    #expect(command.signatures.trust.map(\.path) == ["a.pub", "b.pub"] && command.signatures.signWith?.path == "c.sec")
    let path = try #require(try parse(["path", "m.wasm", "--trust", "a.pub"]) as? PathCommand)
    #expect(path.invocation.options.signatures.trust.map(\.path) == ["a.pub"])
    let sign = try #require(try parse(["cache", "sign", "--sign-with", "c.sec"]) as? CacheCommand.Sign)
    #expect(sign.signatures.signWith?.path == "c.sec" && !sign.replace)
    #expect(try precompile("x").signatures.trust.isEmpty)
    #expect(refusal("x", "--trust", "") == "The value '' is invalid for '--trust <key>'")
    #expect(refusal("cache", "verify", "--sign-with", "c.sec")?.hasPrefix("--sign-with goes with `cache sign`") == true)
  }

  @Test(arguments: [
    ("https://ci.example.org/wasm", true), ("urn:wasmprecompile", true), ("a+b.c-1:x", true), ("", false),
    ("nothing", false),
    (":x", false), ("1a:x", false), ("a:", false), ("a:b c", false), ("a:b\"c", false), ("a:b\n", false),
    ("a:ä", false),
  ]) func aBuilderIsAURI(_ text: String, _ isURI: Bool) { #expect(CacheCommand.Attest.isURI(text) == isURI) }

  @Test(arguments: [
    ("ci", true), ("wasmprecompile", true), ("a.b-c_1", true), ("1", true), ("", false), (".a", false), ("-a", false),
    ("a/b", false), ("a b", false), ("ä", false), ("a\n", false),
  ]) func aKeysNameIsAFilesName(_ text: String, _ isName: Bool) { #expect(KeyPairFiles.isName(text) == isName) }

  @Test func repeatedBackendsAreMadeOnce() throws {
    let command = try precompile("a", "--backend", "winch", "--backend", "pulley", "--backend", "winch")
    #expect(command.compiler.settings(EngineConfiguration()).map(\.backend) == [.winch, .pulley])
  }

  @Test func pathsKeepEveryByte() throws {
    let bytes: [UInt8] = [0x61, 0xff, 0x0a, 0x62]
    #expect(try precompile(RawArguments.encode(bytes)).path.map(\.path.bytes) == [bytes])
    #expect(try precompile("--", "-x").path.map(\.path) == ["-x"])
    #expect(try precompile("./path").path.map(\.path) == ["./path"], "a file may be called like a subcommand")
    let late = try precompile("--force", "path")
    #expect(throws: ValidationError.self, "a subcommand after options") { try Subcommands.refuseOne(among: late.path) }
  }

  @Test func patternsKeepEveryByte() throws {
    let directory = try TemporaryDirectory()
    let names: [[UInt8]] = [[0x61, 0xff], [0x61, 0xfe]].map { $0 + Array(".wasm".utf8) }
    for name in names { try WasmBinary.empty.write(to: FilePath(bytes: directory.path.bytes + [0x2f] + name)) }
    let command = try precompile("a", "--exclude", RawArguments.encode([0x3f, 0xff, 0x2a]))
    let patterns = command.selection.exclude.map { ExcludePattern(bytes: $0.bytes) }
    let found = ModuleScanner(.init(selection: ModuleSelection(excludes: patterns), jobs: 1)).scan([directory.path])
    #expect(found.compactMap { $0.path.lastComponent.map { FilePath(root: nil, [$0]).bytes } } == [names[1]])
  }

  /// Which type takes the arguments, by name.
  private func root(_ arguments: String...) -> String { "\(CommandLineTool.root(for: arguments))" }

  @Test func firstArgumentDecidesWhatIsMeant() {
    #expect(root() == "PrecompileCommand")
    for word in ["--help", "--version", "help"] { #expect(root(word) == "CommandLineTool") }
    for name in ["path", "hash", "engines", "cache", "config", "completions", "help"] {
      #expect(root(name, "x") == "Subcommands")
    }
    for first in ["a.wasm", "-v", "--backend", "./path", "--", "-"] {
      #expect(root(first, "path") == "PrecompileCommand")
    }
  }

  @Test func subcommandsAreUnderstood() throws {
    let path = try #require(try parse(["path", "a.wasm", "--compile", "--backend", "pulley"]) as? PathCommand)
    #expect(
      path.invocation.module.map(\.path) == ["a.wasm"] && path.invocation.compile
        && path.invocation.options.compiler.settings(EngineConfiguration()) == [EngineSettings(backend: .pulley)])
    #expect(try #require(try parse(["hash", "a", "b"]) as? HashCommand).file.map(\.path) == ["a", "b"])
    #expect(try parse(["cache", "verify", "--repair"]) is CacheCommand.Verify)
    #expect(try parse(["cache", "dir"]) is CacheCommand.Directory)
    #expect(try parse(["engines"]) is EnginesCommand)
    #expect(try parse(["config", "show", "a"]) is ConfigCommand.Show)
    #expect(try #require(try parse(["completions", "fish"]) as? CompletionsCommand).shell == .fish)
  }

  // MARK: What is refused

  @Test func numbersOutOfRangeAreRefused() {
    #expect(refusal("a", "-j", "0") == "--jobs must be from 1 to 1024, not 0")
    #expect(refusal("a", "--jobs=1025") == "--jobs must be from 1 to 1024, not 1025")
    #expect(refusal("a", "--jobs=1") == nil)
    #expect(refusal("a", "--jobs=1024") == nil)
    #expect(refusal("a", "--jobs=many") == "The value 'many' is invalid for '--jobs <n>'")
    for value in ["0", "-1", "inf", "nan", "soon"] {
      #expect(
        refusal("a", "--timeout=\(value)")?.hasPrefix("The value '\(value)' is invalid for '--timeout <seconds>'")
          == true)
    }
    #expect(refusal("a", "--timeout=1e-3") == nil)
  }

  @Test func quietGoesWithNothingThatSaysMore() {
    let message = "--quiet goes with neither --verbose nor --explain"
    #expect(refusal("a", "-q", "-v") == message)
    #expect(refusal("a", "--quiet", "--explain") == message)
    #expect(refusal("a", "-q") == nil)
  }

  @Test func unknownWordsAreRefused() {
    #expect(refusal("a", "--backend", "a/b")?.hasPrefix("The value 'a/b' is invalid for '--backend <name>'") == true)
    #expect(refusal("a", "--opt-level", "max")?.hasPrefix("The value 'max' is invalid") == true)
    #expect(refusal("a", "--cpu", "z80")?.hasPrefix("The value 'z80' is invalid") == true)
    #expect(refusal("a", "--protocolViolation") == "Unknown option '--protocolViolation'")
    #expect(refusal("completions", "powershell")?.hasPrefix("The value 'powershell' is invalid") == true)
  }

  @Test func nothingToDoIsRefused() {
    #expect(refusal("-v") == "Missing expected argument '<path> ...'")
    #expect(refusal("path") == "Missing expected argument '<module> ...'")
    #expect(refusal("hash")?.hasPrefix("Missing expected argument '<file>") == true)
    #expect(refusal("") == "The value '' is invalid for '<path>'")
    #expect(refusal("a", "--cache-dir", "") == "The value '' is invalid for '--cache-dir <directory>'")
    #expect(refusal("a", "--exclude", "") == "The value '' is invalid for '--exclude <glob>'")
  }
}
