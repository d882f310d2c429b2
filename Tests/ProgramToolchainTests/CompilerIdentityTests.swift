import Glibc
import LinuxIO
import Precompiler
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

@testable import ProgramToolchain

/// What tells a compiler's artifacts from another's.
struct CompilerIdentityTests {
  let fixture: CompilerFixture

  init() throws { fixture = try CompilerFixture() }

  private func wish(
    _ optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native, target: String? = nil
  ) -> CompilerWish {
    CompilerWish(
      EngineSettings(backend: Backend(rawValue: "test"), optimization: optimization, cpu: cpu), target: target)
  }

  @Test func itSaysWhatThereIs() throws {
    let identity = try fixture.identity(try fixture.compiler(""))
    #expect(identity.version == "1.2.3")
    #expect(identity.compiler == "test 1.2.3")
    #expect(identity.format.suffix == ".out")
    #expect(identity.directoryName.hasPrefix("test-1.2.3-"))
    #expect(identity.target == CompilerWish.host)
    let record = String(decoding: identity.record, as: UTF8.self)
    #expect(record.contains(#"run "{testc}" "{input}" "{output}""#), "paths do not count")
    #expect(record.contains(#"version "test compiler 1.2.3\n""#))
    #expect(record.contains("\nprocessor "))
  }

  @Test func moreFilesThanACompilerHasAreAnError() throws {
    try fixture.directory.makeDirectory("runtime")
    for number in 0...10_000 { try fixture.directory.write("", to: "runtime/\(number)") }
    let compiler = try fixture.compiler("") {
      $0.files = [.init(name: "runtime", candidates: [fixture.directory.path.appending("runtime").string])]
    }
    #expect {
      try fixture.identity(compiler)
    } throws: {
      "\($0)".contains("more than 10000 files belong to it")
    }
  }

  @Test func filesBehindLinksCountOnce() throws {
    try fixture.directory.makeDirectory("elsewhere")
    try fixture.directory.write("a", to: "elsewhere/a.h")
    try fixture.directory.makeDirectory("runtime")
    let link = fixture.directory("runtime/link").string
    try #require(symlink(fixture.directory("elsewhere").string, link) == 0)
    try #require(symlink(".", fixture.directory("elsewhere/circle").string) == 0)
    func identity() throws -> ArtifactIdentity {
      try fixture.identity(
        try fixture.compiler("") {
          $0.files = [.init(name: "runtime", candidates: [fixture.directory("runtime").string])]
        })
    }
    let before = try identity()
    try fixture.directory.write("b", to: "elsewhere/a.h")
    #expect(try identity().build != before.build)
  }

  @Test func aHomeIsNoCompilersDirectoryByWhateverPath() throws {
    for name in ["home", "home/own"] { try fixture.directory.makeDirectory(name) }
    try #require(symlink("home", fixture.directory("link").string) == 0)
    let (home, link) = (fixture.directory("home"), fixture.directory("link"))
    for place in [home, link, fixture.directory.path] {
      #expect(OwnLibraries.directories(of: place.appending("evil"), home: home) == [])
      #expect(OwnLibraries.directories(of: place.appending("evil"), home: link) == [])
    }
    #expect(OwnLibraries.directories(of: home.appending("own/good"), home: link) == [home.appending("own")])
  }

  @Test func everyByteOfItsFilesCounts() throws {
    try fixture.directory.makeDirectory("runtime")
    try fixture.directory.write("a", to: "runtime/a.c")
    func identity(_ script: String) throws -> ArtifactIdentity {
      try fixture.identity(
        fixture.compiler(script) {
          $0.files = [.init(name: "runtime", candidates: [fixture.directory("runtime").string])]
        })
    }
    let first = try identity(": 1")
    #expect(try identity(": 1") == first, "nothing changed")
    let second = try identity(": 2")
    #expect(second.digest != first.digest)
    #expect(second.wish == first.wish, "so that the cache says that the engine changed")
    try fixture.directory.write("b", to: "runtime/a.c")
    let third = try identity(": 2")
    #expect(third.digest != second.digest)
    try fixture.directory.makeDirectory("runtime/more")
    try fixture.directory.write("", to: "runtime/more/empty.h")
    #expect(try identity(": 2").digest != third.digest)
  }

  /// As gcc starts cc1 and the assembler.
  @Test func whatItStartsItselfCounts() throws {
    func identity(_ helper: String, named name: String) throws -> ArtifactIdentity {
      let compiler = try fixture.compiler("[ $1 = --which ] || exit 1; echo \"$2\"; echo more") {
        $0.helpers = [["{testc}", "--which", name], ["{testc}", "--unknown"], ["{testc}", "--which", "absent"]]
      }
      _ = try fixture.directory.writeProgram(helper, to: "compiler/helper")
      return try fixture.identity(compiler)
    }
    let first = try identity("1", named: "helper")
    let path = fixture.directory("compiler/helper").string
    #expect(String(decoding: first.record, as: UTF8.self).contains("\nhelper helper "))
    #expect(try identity("1", named: path) == first, "a name is looked for in the directories of its programs")
    let second = try identity("2", named: path)
    #expect(second.digest != first.digest && second.wish == first.wish)
    #expect(try !String(decoding: identity("", named: "absent").record, as: UTF8.self).contains("\nhelper "))
  }

  /// What two of its programs start may have one name.
  @Test func helpersOfOneNameAllCount() throws {
    func identity(_ second: String) throws -> ArtifactIdentity {
      let compiler = try fixture.compiler("echo \"$2\"") {
        $0.helpers = ["one", "two"].map { ["{testc}", "--which", fixture.directory("compiler/\($0)/cc1").string] }
      }
      for (place, text) in [("one", "1"), ("two", second)] {
        if (try? Descriptor.status(of: fixture.directory("compiler/\(place)"))) == nil {
          try fixture.directory.makeDirectory("compiler/\(place)")
        }
        _ = try fixture.directory.writeProgram(text, to: "compiler/\(place)/cc1")
      }
      return try fixture.identity(compiler)
    }
    #expect(try identity("2").digest != identity("3").digest)
  }

  /// An answer that failed to come for another reason than that the question is unknown would be missing for good.
  @Test func aQuestionThatFailsIsNoAnswer() throws {
    let compiler = try fixture.compiler("kill -9 $$") { $0.helpers = [["{testc}", "--which", "cc1"]] }
    let error = #expect(throws: CompilerUnusable.self) { try fixture.identity(compiler) }
    guard case .program(_, _, let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason == "`testc --which cc1` was ended by signal 9 (killed)")
  }

  @Test func theSameFilesElsewhereAreTheSame() throws {
    let here = try fixture.identity(try fixture.compiler(""))
    let other = try CompilerFixture()
    #expect(try other.identity(try other.compiler("")) == here)
  }

  @Test func librariesBesideItCount() throws {
    // A copy of a program of the system with a library of its own that lies beside it.
    try fixture.directory.makeDirectory("bin")
    try fixture.directory.makeDirectory("lib")
    let program = fixture.directory("bin/program")
    _ = try Tool.shell(
      "cp /bin/sh \"$1\" && cp \"$(ldd /bin/sh | awk '/libc.so.6/ { print $3 }')\" \"$2\"",
      [
        program.string, fixture.directory("lib/libc.so.6").string,
      ])
    #expect(OwnLibraries.of(program) == [fixture.directory("lib/libc.so.6")])
    #expect(OwnLibraries.of("/bin/sh").allSatisfy { !$0.string.hasPrefix("/usr/lib/x86_64") })
  }

  /// The loader looks where a program says before it looks anywhere else.
  @Test(arguments: ["$ORIGIN/deps", "${ORIGIN}/x/../deps"]) func librariesWhereAProgramSaysCount(_ place: String) throws
  {
    try fixture.directory.makeDirectory("deps")
    let (library, program) = (fixture.directory("deps/libx.so"), fixture.directory("program"))
    _ = try Tool.shell(
      "echo 'int x(void) { return 0; }' | cc -shared -Wl,-soname,libx.so -o \"$1\" -x c - && "
        + "echo 'int x(void); int main(void) { return x(); }' | cc -o \"$2\" -x c - -x none \"$1\" -Wl,-rpath,\"$3\"",
      [library.string, program.string, place])
    #expect(OwnLibraries.of(program).map(\.lastComponent) == [library.lastComponent])
  }

  @Test func optionsCount() throws {
    let compiler = try fixture.compiler("") {
      $0.commands = [["{testc}", "{opt-level}", "{cpu}", "{target}", "{input}", "{output}"]]
      $0.optimization = [.speed: ["-O2"], .none: ["-O0"]]
      $0.processor = ["-march={cpu}"]
      $0.baseline = ["-march=baseline"]
      $0.target = ["{target}"]
    }
    let wishes = [
      wish(), wish(.none), wish(cpu: .baseline), wish(cpu: try #require(CPUTarget("x86-64-v3"))),
      wish(target: "riscv64gc-unknown-linux-gnu"), wish(target: CompilerWish.host),
    ]
    let identities = try wishes.map { try fixture.identity(compiler, $0) }
    #expect(Set(identities.map(\.digest)).count == wishes.count)
    func record(_ number: Int) -> String { String(decoding: identities[number].record, as: UTF8.self) }
    #expect(!record(2).contains("\nprocessor "), "any processor of the architecture has it")
    #expect(!record(4).contains("\nprocessor "), "it is for another machine")
    #expect(record(5).contains("\nprocessor "))
    #expect(identities[4].target == "riscv64gc-unknown-linux-gnu")
    #expect(identities[4].wish.description == "test, target riscv64gc-unknown-linux-gnu")
  }

  /// As a C compiler, which without -march makes what runs everywhere: machines of any processor share it.
  @Test func whatIsBaselineWithoutAWordIsForAnyProcessor() throws {
    func record(_ baseline: [String]?) throws -> String {
      let compiler = try fixture.compiler("") {
        $0.commands = [["{testc}", "{cpu}", "{input}", "{output}"]]
        $0.processor = ["-march={cpu}"]
        $0.baseline = baseline
      }
      return String(decoding: try fixture.identity(compiler, wish()).record, as: UTF8.self)
    }
    #expect(try !record([]).contains("\nprocessor "))
    #expect(try record(["-march=x86-64"]).contains("\nprocessor "))
    #expect(try record(nil).contains("\nprocessor "))
  }

  /// wasmtime's command line takes no feature from this processor once it is told a target.
  @Test func aTargetMeansAnyProcessorToOneThatIsToldOfFeatures() throws {
    let compiler = try fixture.compiler("") {
      $0.commands = [["{testc}", "{cpu}", "{target}", "{input}", "{output}"]]
      $0.feature = ["{feature}={value}"]
      $0.baseline = []
      $0.target = ["{target}"]
    }
    func record(_ wish: CompilerWish) throws -> String {
      String(decoding: try fixture.identity(compiler, wish).record, as: UTF8.self)
    }
    #expect(try record(wish()).contains("\nprocessor "))
    #expect(try !record(wish(target: CompilerWish.host)).contains("\nprocessor "))
    #expect(try record(wish(cpu: .baseline)) == record(wish(target: CompilerWish.host)), "it is asked for the same")
  }

  @Test func whatItDoesNotUnderstandIsSaid() throws {
    var description = CompilerDescription(name: "test")
    #expect(wish().objection(of: description) == nil)
    #expect(wish(.none).objection(of: description) == "does not understand --opt-level")
    #expect(wish(cpu: .baseline).objection(of: description) == "does not understand --cpu baseline")
    #expect(
      wish(cpu: try #require(CPUTarget("x86-64-v3"))).objection(of: description)
        == "does not understand --cpu x86-64-v3")
    #expect(
      wish(target: "a-b-c").objection(of: description) == "makes code for this machine only, not for --target a-b-c")
    description.target = ["{target}"]
    for target in ["aarch64", "aarch64-unknown", "aarch64-unknown-unknown", "aarch64-gnu"] {
      #expect(
        wish(target: target).objection(of: description)
          == "cannot know for which system code is with --target \(target): the whole is perhaps "
          + "aarch64-unknown-linux-gnu")
    }
    for target in ["pulley64", "aarch64-linux", "aarch64-apple-darwin", "aarch64-none", "a-b-c"] {
      #expect(wish(target: target).objection(of: description) == nil)
    }
    description.targets = ["x-y", "z"]
    #expect(wish(target: "a-b-c").objection(of: description) == "has no target a-b-c: it has x-y, z")
    description.optimization = [.speed: []]
    #expect(
      wish(.speedAndSize).objection(of: description) == "does not understand --opt-level speed-and-size")
    var configuration = EngineConfiguration()
    try configuration.set("fuel", to: "1", in: .wasm)
    let fuel = CompilerWish(EngineSettings(backend: Backend(rawValue: "test"), configuration: configuration))
    #expect(fuel.objection(of: description) == "does not understand settings of the host's engine (fuel)")
    description.configuration = ["--config", "{config}"]
    #expect(fuel.objection(of: description) == nil)
    #expect(fuel.texts == ["config.toml": configuration.toml])
  }

  @Test func whatWasmtimeIsToldCounts() throws {
    let compiler = try fixture.compiler("") {
      $0.commands = [["{testc}", "{config}", "{input}", "{output}"]]
      $0.configuration = ["--config", "{config}"]
    }
    func wish(_ texts: String...) throws -> CompilerWish {
      CompilerWish(
        EngineSettings(backend: Backend(rawValue: "test"), configuration: try EngineConfiguration(texts).ofRustHosts))
    }
    let details = try wish("backtrace-details")
    #expect(details.texts == [:] && details.environment == ["WASMTIME_BACKTRACE_DETAILS=1"])
    let both = try wish("backtrace-details", "collector=null")
    #expect(both.texts == ["config.toml": "[codegen]\ncollector = \"null\"\n"])
    let wishes = [CompilerWish.plain, details, both, try wish("collector=null"), try wish("compiler=winch")]
    #expect(Set(try wishes.map { try fixture.identity(compiler, $0).digest }).count == wishes.count)
    let record = String(decoding: try fixture.identity(compiler, both).record, as: UTF8.self)
    #expect(record.contains("\nenvironment \"WASMTIME_BACKTRACE_DETAILS=1\"\n"))
    #expect(record.contains("\nfile config.toml "))
  }

  @Test func versionsAreFoundInWhatItSays() throws {
    for (said, version) in [
      ("wasm2c 1.0.32\nclang version 21.1", "1.0.32"), ("/usr/bin/x: v0.14.1-dev", "0.14.1"), ("release 7", "7"),
      ("no number", "0"), ("", "0"),
    ] {
      let compiler = try fixture.compiler("")
      let files = try CompilerFiles(of: compiler)
      #expect(CompilerAccount(files: files, words: said, helpers: files).version == version, "\(said)")
    }
  }

  /// A script runs another program, whose files nobody knows: what it says of itself is asked for in each run.
  @Test(arguments: [true, false]) func theCatalogSparesWork(_ isScript: Bool) throws {
    let program = try fixture.directory.write(try [UInt8](contentsOf: "/bin/echo"), to: "echo")
    chmod(program.string, 0o755)
    let helper = try fixture.directory.writeProgram("1", to: "helper")
    func compiler() throws -> FoundCompiler {
      try fixture.compiler("") {
        if !isScript { $0.programs = [.init(name: "testc", candidates: [program.string])] }
        $0.helpers = [["{testc}", helper.string]]
      }
    }
    let toolchain = fixture.toolchain(try compiler())
    defer { toolchain.finish() }
    let cache = try CacheDirectory(making: fixture.directory("cache"))
    let resolution = try toolchain.resolve(lanes: 1)
    #expect(resolution.findings.count == (isScript ? 2 : 3), "its file, what it says, and what it starts")
    let catalog = try #require(Catalog.open(in: cache.base, .readWrite).catalog)
    let later = WallClock.now() + 10_000_000_000
    #expect(toolchain.rememberedIdentities(in: catalog, now: later) == nil, "nothing is remembered yet")
    var record = RunRecord()
    // As if they had been found some seconds later, when no clock could be too coarse any more.
    record.engines = resolution.findings.map {
      EngineFinding(library: $0.library, wish: $0.wish, probed: later, result: $0.result)
    }
    _ = catalog.commit(record, now: later)
    let known = toolchain.rememberedIdentities(in: catalog, now: later + 1)
    if isScript {
      #expect(known == nil)
      return
    }
    #expect(known == (try resolution.identities.map { try $0.get() }))
    _ = try fixture.directory.writeProgram("2", to: "helper")
    #expect(toolchain.rememberedIdentities(in: catalog, now: later + 1) == nil)
  }
}
