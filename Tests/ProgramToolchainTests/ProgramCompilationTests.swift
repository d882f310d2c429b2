import LinuxIO
import Precompiler
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import ProgramToolchain

/// What becomes of a module that a program compiles.
struct ProgramCompilationTests {
  var fixture: CompilerFixture

  init() throws { fixture = try CompilerFixture() }

  @Test func theArtifactIsWhatTheLastProgramWrote() throws {
    let text = try fixture.compile(#"echo progress; printf TEST > "$2"; od -An -tx1 "$1" >> "$2"; pwd >> "$2""#)
    let lines = text.split(separator: "\n")
    #expect(lines.first == "TEST 00 61 73 6d 01 00 00 00")
    let directory = try #require(lines.last)
    #expect(directory.contains("/wasmprecompile-"))
    #expect((try? Descriptor.status(of: String(directory))) == nil, "its directory is gone")
  }

  @Test func argumentsStandForOptionsAndFiles() throws {
    try fixture.directory.makeDirectory("compiler")
    try fixture.directory.makeDirectory("runtime")
    for name in ["b.c", "a.c", "c.h"] { try fixture.directory.write("x", to: "runtime/\(name)") }
    let compiler = try fixture.compiler(#"out=$1; shift; { printf TEST; echo "$@"; } > "$out""#) { description in
      description.files = [.init(name: "runtime", candidates: ["/nowhere", fixture.directory("runtime").string])]
      description.commands = [
        [
          "{testc}", "{output}", "{opt-level}", "{cpu}", "{target}", "-j{threads}", "-I{runtime}/x", "{runtime}/*.c",
          "{input}",
        ]
      ]
      description.optimization = [.speed: [], .none: ["-O", "0"]]
      description.processor = ["-march={cpu}"]
      description.target = ["--target={target}", "{arch}"]
    }
    let place = fixture.directory("runtime").string
    let files = "-I\(place)/x \(place)/a.c \(place)/b.c module.wasm"
    let settings = EngineSettings(
      backend: Backend(rawValue: "test"), optimization: .none, cpu: try #require(CPUTarget("x86-64-v2")))
    let toolchain = fixture.toolchain(
      compiler, wishes: [.plain, CompilerWish(settings, target: "riscv64gc-unknown-linux-gnu")])
    #expect(try fixture.compile(with: toolchain) == "TEST-j2 \(files)\n")
    #expect(
      try fixture.compile(with: toolchain, wish: 1)
        == "TEST-O 0 -march=x86-64-v2 --target=riscv64gc-unknown-linux-gnu riscv64gc -j2 \(files)\n")
  }

  @Test func commandsRunOneAfterTheOtherUntilOneFails() throws {
    func compile(_ script: String) throws -> ModuleFailure? {
      try fixture.failure(script) {
        $0.commands = [["{testc}", "first", "{input}"], ["{testc}", "second", "{output}"]]
      }
    }
    #expect(try compile(#"if [ $1 = first ]; then echo TEST > x; else cp x "$2"; fi"#) == nil)
    #expect(
      try compile("echo $1 >&2; exit 3")
        == .programFailed("testc", how: "exited with status 3", CompilerWords("first\n")))
  }

  @Test func itsWordsAreTheMessage() throws {
    let failure = try #require(try fixture.failure("echo noise; for i in 1 2 3; do echo line $i >&2; done; exit 1"))
    #expect(failure.description == "was not compiled: testc exited with status 1: line 1 … line 3")
    #expect(failure.words?.whole == "line 1\nline 2\nline 3\n")
    #expect(!failure.liesOutside, "the module is at fault")
    let second = try #require(try fixture.failure("echo only output; exit 1"))
    #expect(second.description == "was not compiled: testc exited with status 1: only output")
    let third = try #require(try fixture.failure("kill -ABRT $$"))
    #expect(third.description == "was not compiled: testc was ended by signal 6 (aborted)")
  }

  @Test func whatIsKnownOfASilentEndIsSaid() throws {
    func hint(_ script: String, for version: String = "1.2.3", memory: Int? = nil) throws -> String? {
      var fixture = fixture
      if let memory { fixture.options.memory = memory }
      return try fixture.failure(script) {
        $0.hints = [version: "take another"]
        $0.programs.append(.init(name: "sh", candidates: ["sh"]))
        if script == "second" { $0.commands = [["{sh}", "-c", "kill -ABRT $$", "{input}", "{output}"]] }
      }?.description
    }
    let ended = "was not compiled: testc was ended by signal 6 (aborted)"
    #expect(try hint("kill -ABRT $$") == ended + ": take another")
    #expect(try hint("kill -ABRT $$", for: "1.2") == ended)
    #expect(try hint("echo words; kill -ABRT $$") == ended + ": words")
    #expect(try hint("exit 1") == "was not compiled: testc exited with status 1")
    #expect(try hint("kill -SEGV $$") == "was not compiled: testc was ended by signal 11 (segmentation fault)")
    #expect(
      try hint("second") == "was not compiled: sh was ended by signal 6 (aborted)", "the version is another program's")
    // That lack may be the reason, too.
    #expect(
      try hint("kill -ABRT $$", memory: 100 << 20) == ended + ", with no more than 100Mi of memory (--max-memory)")
  }

  /// What fails with the usual memory, too, lacks something else.
  @Test func aQuestionThatLacksMemoryIsAskedWithMore() throws {
    var fixture = fixture
    fixture.options.memory = 64 << 20
    for (size, reason) in [
      ("200M", "`testc 200M` needs more memory than --max-memory 64Mi allows: raise it"),
      ("9000G", "`testc 9000G` exited with status 1: dd: memory exhausted by input buffer of size "),
    ] {
      let compiler = try fixture.compiler("dd if=/dev/null of=/dev/null count=1 bs=$1") {
        $0.version = [["{testc}", size]]
      }
      let error = #expect(throws: CompilerUnusable.self) { try fixture.identity(compiler) }
      guard case .program(_, _, let said)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(said.hasPrefix(reason), "\(said)")
    }
  }

  @Test func componentsAreRefusedWhereTheyAreKnownToBe() throws {
    let toolchain = fixture.toolchain(try fixture.compiler("exit 1") { $0.refuses = [.components] })
    let identities = try toolchain.resolve(lanes: 1).identities.map { try $0.get() }
    defer { toolchain.finish() }
    let session = try toolchain.openSession(
      for: identities, origin: .any, lanes: 1, deadline: .now().adding(seconds: 60))
    let component = try fixture.module([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])
    #expect(throws: ModuleFailure.refusedByProgram("test", what: "components")) {
      _ = try session.compile(component, wish: 0, threads: 1, deadline: .now().adding(seconds: 60), timeout: 60)
    }
    #expect(session.isUsable)
  }

  @Test(arguments: [
    ("", "ended with status 0, but wrote no output"),
    (#": > "$2""#, "ended with status 0, but wrote an empty output"),
    (#"mkdir "$2""#, "ended with status 0, but wrote an output that is a directory"),
    (#"ln -s /etc/passwd "$2""#, "ended with status 0, but wrote an output that is a symbolic link"),
    (#"mkfifo "$2""#, "ended with status 0, but wrote an output that is a FIFO"),
    (
      #"printf TEST > "$2"; truncate -s 40000000 "$2""#,
      "ended with status 0, but wrote an output of 40000000 bytes that is mostly holes"
    ),
  ]) func successWithoutAnArtifactIsAFailure(script: String, how: String) throws {
    #expect(try fixture.failure(script) == .programFailed("testc", how: how, nil))
  }

  @Test func someHolesAreNothingUnusual() throws {
    #expect(try fixture.compile(#"printf TEST > "$2"; truncate -s 1000000 "$2""#).utf8.count == 1_000_000)
    let half = #"printf TEST > "$2"; truncate -s 17000000 "$2"; head -c 20000000 /dev/zero >> "$2""#
    #expect(try fixture.compile(half).utf8.count == 37_000_000)
  }

  /// A program is started by the descriptor that was looked at, whatever its path leads to by then (getauxval(3), AT_EXECFN).
  @Test func theFileThatWasLookedAtIsStarted() throws {
    let text = try fixture.compile("") {
      $0.programs = [.init(name: "python", candidates: ["/usr/bin/python3"])]
      $0.version = [["{python}", "--version"]]
      let script = """
        import ctypes, sys
        ask = ctypes.CDLL(None).getauxval
        ask.argtypes, ask.restype = [ctypes.c_ulong], ctypes.c_char_p
        open(sys.argv[2], "wb").write(b"TEST " + ask(31))
        """
      $0.commands = [["{python}", "-I", "-c", script, "{input}", "{output}"]]
    }
    #expect(text.hasPrefix("TEST /dev/fd/"), "\(text)")
  }

  /// A run's identities were made of the files that there were.
  @Test func whatComesIntoItsDirectoriesMeanwhileIsAnotherCompiler() throws {
    try fixture.directory.makeDirectory("runtime")
    try fixture.directory.write("a", to: "runtime/a.c")
    let compiler = try fixture.compiler(#"out=$1; shift; echo TEST "$@" > "$out""#) {
      $0.files = [.init(name: "runtime", candidates: [fixture.directory("runtime").string])]
      $0.commands = [["{testc}", "{output}", "{runtime}/*.c", "{input}"]]
    }
    let toolchain = fixture.toolchain(compiler)
    #expect(try fixture.compile(with: toolchain) == "TEST \(fixture.directory("runtime/a.c")) module.wasm\n")
    try fixture.directory.write("b", to: "runtime/b.c")
    #expect(throws: ModuleFailure.programReplaced("test")) { try fixture.compile(with: toolchain) }
  }

  @Test func theFirstBytesHaveToBeRight() throws {
    #expect(
      try fixture.failure(#"echo WRONG > "$2""#)
        == .programFailed("test", how: "made an output that starts with 57 52 4f 4e, not with 54 45 53 54", nil))
  }

  @Test(arguments: [
    ("false", "`testc --version` exited with status 1"),
    ("nonsense-command", "`testc --version` exited with status 127: "),
  ]) func aCompilerThatDoesNotAnswerIsUnusable(script: String, reason: String) throws {
    let compiler = try fixture.compiler("")
    _ = try fixture.directory.writeProgram(script, to: "compiler/testc")
    let toolchain = fixture.toolchain(compiler)
    let result = Result { try toolchain.resolve(lanes: 1) }
    guard case .failure(let error) = result, case .program(let name, _, let given)? = error as? CompilerUnusable else {
      Issue.record("it was asked")
      return
    }
    #expect(name == "test")
    #expect(given.hasPrefix(reason), "\(given)")
  }
}
