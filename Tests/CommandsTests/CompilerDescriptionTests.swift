import ProgramToolchain
import Testing
import WasmEngine

@testable import Commands

/// Tables `[backend.NAME]`.
struct CompilerDescriptionTests {
  private static let least = """
    programs = { cc = "cc" }
    commands = [["{cc}", "{input}", "{output}"]]
    """

  private func read(_ text: String) throws -> [CompilerDescription] {
    try DescribedCompilers.descriptions(in: TOMLReader.table(in: Array(text.utf8)))
  }

  private func trouble(_ text: String) throws -> String? {
    do {
      _ = try read(text)
      return nil
    } catch let trouble as DescriptionTrouble {
      return "\(trouble.line): \(trouble.message)"
    }
  }

  @Test func everythingBuiltInCanBeRead() throws {
    for text in BuiltInCompilers.texts { #expect(try read(text).count == 1, "\(text)") }
    let builtIn = try DescribedCompilers.builtIn.get()
    #expect(builtIn.count == BuiltInCompilers.texts.count)
    #expect(Set(DescribedCompilers.builtInNames).count == BuiltInCompilers.texts.count)
    for description in builtIn {
      #expect(!description.get.isEmpty && !description.summary.isEmpty && !description.magic.isEmpty)
      #expect(description.suffix != ".bin")
    }
  }

  @Test(arguments: [
    ("[backend.a]\nprograms = {", "line 2: is not TOML: a line must be KEY = VALUE or [TABLE]"),
    ("[backend.a]\nprogram = 1", "line 2: unknown key 'program' in [backend.a]; did you mean 'programs'?"),
  ]) func aBuiltInOneThatCannotBeReadIsTold(text: String, reason: String) throws {
    let good = try #require(BuiltInCompilers.texts.first)
    do {
      _ = try DescribedCompilers.builtIn([good, text])
      Issue.record("it was read")
    } catch {
      #expect(error.message == "[backend.a] of wasmprecompile's own is wrong, \(reason): please report it")
    }
  }

  @Test func allKeysAreUnderstood() throws {
    let one = try #require(
      try read(
        """
        [backend.my-compiler]
        summary = "s"
        get = "g"
        llvm = true
        programs = { a = "x", b = ["y", "/z"] }
        files = { rt = ["/usr/rt", "~/rt"] }
        reads = "/opt"
        version = [["{a}", "-v"], ["{b}", "-v"]]
        commands = [["{a}", "{input}", "{config}"], ["{b}", "-I{rt}", "{opt-level}", "{cpu}", "{target}", "{output}"]]
        opt-level = { none = "-O0", speed = ["-O", "2"], speed_and_size = [] }
        cpu = ["-m{cpu}"]
        baseline = []
        target = ["-t", "{target}"]
        targets = ["a-b"]
        config = ["-c", "{config}"]
        suffix = ".so"
        magic = "7f45"
        cores = "all"
        refuses = ["components"]
        hints = { "1.2" = "too old" }
        """
      ).first)
    #expect(one.name == "my-compiler" && one.summary == "s" && one.get == "g" && one.isLLVM && one.usesAllCores)
    #expect(one.programs.map(\.candidates) == [["x"], ["y", "/z"]] && one.mainProgram == "a")
    #expect(one.files == [.init(name: "rt", candidates: ["/usr/rt", "~/rt"])] && one.reads == ["/opt"])
    #expect(one.version == [["{a}", "-v"], ["{b}", "-v"]] && one.commands.count == 2)
    #expect(one.optimization == [.none: ["-O0"], .speed: ["-O", "2"], .speedAndSize: []])
    #expect(one.processor == ["-m{cpu}"] && one.baseline == [] && one.target == ["-t", "{target}"])
    #expect(one.targets == ["a-b"] && one.configuration == ["-c", "{config}"])
    #expect(one.suffix == ".so" && one.magic == [0x7f, 0x45] && one.refuses == [.components])
    #expect(one.hints == ["1.2": "too old"])
  }

  @Test(arguments: [
    ("backend = ['x']", "1: backend must be tables [backend.NAME], not a list; the backends of a run are backends"),
    ("[backend]\nx = 1", "2: backend.x must be a table [backend.x], not a number"),
    ("[backend.cranelift]", "1: [backend.cranelift]: cranelift is built in: give the compiler another name"),
    ("[backend.llvm]", "1: [backend.llvm]: llvm is built in: give the compiler another name"),
    ("[backend.A_b]", "1: 'A_b' cannot be a backend's name: it must be lower case letters, digits and dashes"),
    ("[backend.x]", "1: [backend.x]: programs must name at least one program"),
    ("[backend.x]\nprograms = { a = 'a' }", "1: [backend.x]: commands must have at least one command"),
    ("[backend.x]\n\nprogram = 'a'", "3: unknown key 'program' in [backend.x]; did you mean 'programs'?"),
    ("[backend.x]\nprograms = 'a'", "2: programs must be a table of names with their places, not a string 'a'"),
    ("[backend.x]\nprograms = { a = 1 }", "2: a must be a string or a list of strings, not a number"),
    ("[backend.x]\ncommands = 'a'", "2: commands must be a list of commands, each a list of strings, not a string 'a'"),
    ("[backend.x]\nllvm = 1", "2: llvm must be true or false, not a number"),
    ("[backend.x]\nmagic = 'xyz'", "2: magic must be hexadecimal digits, not a string 'xyz'"),
    ("[backend.x]\ncores = 'two'", "2: cores must be \"one\" or \"all\", not a string 'two'"),
    ("[backend.x]\nrefuses = ['x']", "2: refuses must be a list of \"components\", not a list"),
    ("[backend.x]\nhints = 'x'", "2: hints must be a table of versions with their texts, not a string 'x'"),
    (
      "[backend.x]\nopt-level = { fast = '-O3' }",
      "2: opt-level has no 'fast': the levels are none, speed and speed-and-size"
    ),
  ]) func whatMakesNoSenseIsRefused(text: String, message: String) throws {
    #expect(try trouble(text) == message)
  }

  @Test(arguments: [
    ("suffix = 'so'", "suffix must be a dot and letters or digits, and not .wasm: 'so'"),
    ("suffix = '.wasm'", "suffix must be a dot and letters or digits, and not .wasm: '.wasm'"),
    ("files = { cc = '/x' }", "'cc' is named twice"),
    ("files = { input = '/x' }", "'input' is the name of a placeholder"),
    (
      "files = { rt = '{gcc}/../rt' }",
      "files may be told from a program, as {cc}/../../share, and '{gcc}/../rt' names none"
    ),
    ("files = { rt = '{cc}x/y' }", "files may be told from a program, as {cc}/../../share, and '{cc}x/y' names none"),
    ("files = { rt = 'share/rt' }", "'share/rt' must begin with / or ~/"),
    ("reads = ['./x']", "'./x' must begin with / or ~/"),
    ("version = ['cc', '-v']", "each command must begin with one of the programs, as {cc}"),
    ("version = ['{cc}', '{output}']", "there is no placeholder {output}: they are {cc}"),
    ("opt-level = { speed = '-O2' }", "commands must have an argument \"{opt-level}\" where it has opt-level"),
  ]) func whatDoesNotFitIsRefused(line: String, message: String) throws {
    #expect(try trouble("[backend.x]\n\(Self.least)\n\(line)") == "1: [backend.x]: \(message)")
  }

  @Test(arguments: [
    ("[['{cc}', '{input}']]", "commands must have the placeholder {output}"),
    ("[['{cc}', '{output}']]", "commands must have the placeholder {input}"),
    ("[['cc', '{input}', '{output}']]", "each command must begin with one of the programs, as {cc}"),
    (
      "[['{cc}', '{inpt}', '{output}']]",
      "there is no placeholder {inpt}: they are {cc}, {input}, {output}, {threads}, {opt-level}, {cpu}, {target}, {config}"
    ),
  ]) func commandsHaveToMakeSense(commands: String, message: String) throws {
    #expect(
      try trouble("[backend.x]\nprograms = { cc = 'cc' }\ncommands = \(commands)") == "1: [backend.x]: \(message)")
  }

  /// What is not handed on would be filed as if it had been obeyed.
  @Test(arguments: [
    ("target", "target = []", "target must have {target} or {arch}, or else the compiler is not told which"),
    ("target", "target = '--foreign'", "target must have {target} or {arch}, or else the compiler is not told which"),
    ("target", "target = '--{cpu}'", "target: there is no placeholder {cpu}: they are {target}, {arch}, {cc}"),
    ("target", "target = '--{arch}'", nil), ("target", "target = '--64'\ntargets = ['a-b']", nil),
    ("cpu", "cpu = '-m'", "cpu must have {cpu}, or else the compiler is not told which"),
    ("cpu", "cpu = '-m{arch}'", "cpu: there is no placeholder {arch}: they are {cpu}, {cc}"),
    ("cpu", "baseline = []", nil),
    (
      "cpu", "cpu-feature = '-{feature}'",
      "cpu-feature must have {feature} and {value}, or else the compiler is not told which"
    ),
    ("config", "config = '--config=c'", "config must have {config}, or else the compiler is not told which"),
    (
      "opt-level", "opt-level = { speed = '-O{value}' }",
      "opt-level: there is no placeholder {value}: they are {cc}"
    ),
    ("target", "", "commands have the argument \"{target}\", and nothing says what target stands for"),
  ]) func whatIsAskedForIsHandedOn(placeholder: String, line: String, message: String?) throws {
    let commands = "[['{cc}', '{input}', '{output}', '{\(placeholder)}']]"
    #expect(
      try trouble("[backend.x]\nprograms = { cc = 'cc' }\ncommands = \(commands)\n\(line)")
        == message.map { "1: [backend.x]: \($0)" })
  }

  @Test func placeholdersOfListsStandAlone() throws {
    #expect(
      try trouble(
        "[backend.x]\nprograms = { cc = 'cc' }\ncommands = [['{cc}', '{input}', '{output}', '--target={target}']]")
        == "1: [backend.x]: {target} must be an argument of its own: what it stands for is said by target")
    #expect(
      try trouble("[backend.x]\nprograms = { CC = 'cc' }\ncommands = [['{CC}', '{input}', '{output}']]")
        == "1: [backend.x]: 'CC' cannot be a placeholder: it must be lower case letters, digits, dashes and underscores"
    )
  }

  @Test func theLeastIsEnough() throws {
    #expect(try trouble("[backend.x]\n\(Self.least)") == nil)
  }

  /// A compiler that is told only the architecture would make code for another system than was asked for.
  @Test func whoIsToldTheArchitectureAloneNamesItsTargets() throws {
    let told = try DescribedCompilers.builtIn.get().filter { $0.target?.contains { $0.contains("{arch}") } ?? false }
    #expect(told.map(\.name) == ["wamrc"])
    for one in told {
      let targets = try #require(one.targets)
      #expect(targets.allSatisfy { $0.contains("-linux-") } && !targets.contains("x86_64-pc-windows-msvc"))
    }
  }

  @Test func targetsAreNames() {
    #expect(TargetTriple(argument: "aarch64-unknown-linux-gnu")?.text == "aarch64-unknown-linux-gnu")
    for text in ["", "-x", "a b", "a/b", "ä", String(repeating: "a", count: 65)] {
      #expect(TargetTriple(argument: text) == nil)
    }
  }
}
