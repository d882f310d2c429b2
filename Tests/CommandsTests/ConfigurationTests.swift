import ArgumentParser
import Confinement
import LinuxIO
import Precompiler
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Commands
@testable import WasmEngine
@testable import WasmtimeToolchain

struct ConfigurationTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func file(_ text: String) throws -> ConfigurationFile {
    try #require(try ConfigurationFile(at: try directory.write(text, to: ConfigurationFile.projectName)))
  }

  private func configuration(_ text: String, isProject: Bool = false) throws -> Configuration {
    Configuration(layers: [try file(text).values(isProject: isProject)])
  }

  /// What a user reads of a file, without the file's name; nil if it is understood.
  private func refusal(_ text: String, isProject: Bool = false) throws -> String? {
    do {
      _ = try configuration(text, isProject: isProject)
      return nil
    } catch let failure as RunFailure {
      #expect(failure.status == .usage)
      let name = "\(directory(ConfigurationFile.projectName)):"
      #expect(failure.message.hasPrefix(name))
      return String(failure.message.dropFirst(name.count))
    }
  }

  /// What the arguments and a configuration come to.
  private func precompile(_ arguments: String..., with configuration: Configuration) throws -> PrecompileInvocation {
    var command = try #require(try PrecompileCommand.parseAsRoot(arguments) as? PrecompileCommand)
    command.fill(from: configuration.given)
    return command.invocation
  }

  // MARK: What is understood

  @Test func filesFillWhatTheCommandLineLeavesOpen() throws {
    let configuration = try configuration(
      """
      # a comment
      backends = ["winch", "pulley"]
      opt-level = "none"
      cpu = "baseline"
      targets = ["riscv64gc-unknown-linux-gnu"]
      features = "all"
      hosts = ["edge"]
      optimize = ["memory-reservation=0"]
      codegen = "native-unwind-info=n"
      debug = ["debug-info"]
      wasm = ["epoch-interruption,fuel=1", "threads=n"]
      engine = "lib/engine.so"
      cache-dir = "/var/cache/modules"
      trust-cache = true
      lower-caches = ["layers/base", "/mnt/cache"]
      max-size = "5G"
      exclude = ["gen/", 'a"b']
      follow-links = true
      jobs = 3
      isolate = "module"
      timeout = 0.5
      rehash = true
      max-module = "1Mi"
      max-artifact = "2Mi"
      max-memory = "3Mi"
      require-sandbox = true
      exec = "make reload"
      restart = true
      debounce = 0
      poll = true
      clear = true
      color = "never"
      """)
    #expect(Settings.all.allSatisfy { configuration.given[$0.key] != nil }, "this file has every setting")
    let command = try precompile("a", with: configuration)
    #expect(
      command.compiler.settings(EngineConfiguration()) == [
        EngineSettings(backend: .winch, optimization: .none, cpu: .baseline, features: .all),
        EngineSettings(backend: .pulley, optimization: .none, cpu: .baseline, features: .all),
      ])
    #expect(command.hosts.names.map(\.text) == ["edge"])
    #expect(
      command.hosts.configuration.description
        == "memory-reservation 0, native-unwind-info false, debug-info true, fuel true, epoch-interruption true, "
        + "threads false")
    let engine = EngineLocation(path: directory("lib/engine.so"), origin: .configuration)
    #expect(command.engine.search.candidates == [engine], "paths in a file start from its directory")
    #expect(try command.cache.path() == "/var/cache/modules")
    #expect(command.cache.lowerCaches == [directory("layers/base"), "/mnt/cache"])
    #expect(command.room.maxSize.bytes == 5_000_000_000 && command.room.limit?.isChosen == true)
    #expect(command.selection.exclude.map(\.bytes) == [Array("gen/".utf8), Array("a\"b".utf8)])
    #expect(command.selection.followLinks && command.execution.rehash && command.cache.trust == .anyone)
    #expect(command.execution.jobs == 3 && command.limits.timeout.value == 0.5)
    #expect(command.execution.isolate == .module)
    let limits = command.limits.modules
    let confinement = command.limits.confinement(command.sandbox)
    #expect(limits.timeout == 0.5 && limits.largestModule == 1 << 20 && confinement.isRequired)
    #expect(confinement.limits == ChildLimits(memory: 3 << 20, file: 2 << 20))
    #expect(command.watching.exec == "make reload" && command.watching.debounce.value == 0)
    #expect(command.watching.restart && command.watching.poll && command.watching.clear)
    #expect(command.color.color == .never)
  }

  @Test func theCommandLineCountsFirst() throws {
    let configuration = try configuration(
      """
      backends = "pulley"
      opt-level = "none"
      engine = "a.so"
      exclude = "x"
      jobs = 3
      timeout = 7
      """)
    let command = try precompile(
      "a", "--backend", "winch", "--opt-level", "speed", "--engine", "b.so", "--exclude", "y", "-j4",
      with: configuration)
    #expect(
      command.compiler.settings(EngineConfiguration()) == [EngineSettings(backend: .winch)], "a list is not added to")
    #expect(command.engine.search.candidates == [EngineLocation(path: "b.so", origin: .option)])
    #expect(command.selection.exclude.map(\.bytes) == [Array("y".utf8)])
    #expect(command.execution.jobs == 4)
    #expect(command.limits.timeout.value == 7, "left open")
  }

  @Test func theFirstLayerThatHasAValueCounts() throws {
    let user = try file("jobs = 1\ntimeout = 1\nbackends = [\"winch\", \"pulley\"]\n").values(isProject: false)
    let project = try file("timeout = 2\n\nbackends = \"cranelift\"\n").values(isProject: true)
    let configuration = Configuration(layers: [project, user])
    #expect(configuration.given["jobs"]?.texts == ["1"])
    #expect(
      configuration.given["timeout"]?.texts == ["2.0"] || configuration.given["timeout"]?.texts == ["2"])
    #expect(configuration.given["backends"]?.texts == ["cranelift"])
    #expect(
      configuration.given["backends"]?.origin == .file(directory(ConfigurationFile.projectName), line: 3))
  }

  private func setting(_ key: String) throws -> Setting {
    try #require(Settings.all.first { $0.key == key })
  }

  @Test func variablesAreText() throws {
    #expect(try setting("follow-links").values(inVariable: "1") == ["true"])
    #expect(try setting("follow-links").values(inVariable: "0") == ["false"])
    #expect(try setting("follow-links").values(inVariable: "false") == ["false"])
    #expect(try setting("backends").values(inVariable: "winch,cranelift") == ["winch", "cranelift"])
    #expect(try setting("jobs").values(inVariable: "1") == ["1"])
    #expect(try setting("lower-caches").values(inVariable: "/a,b") == ["/a", "b"])
    #expect(try setting("lower-caches").variable == "WASMPRECOMPILE_LOWER_CACHES")
    #expect(try setting("opt-level").variable == "WASMPRECOMPILE_OPT_LEVEL")
  }

  @Test func theNearestFileAboveCounts() throws {
    try directory.makeDirectory("a")
    try directory.makeDirectory("a/b")
    #expect(try ConfigurationFile.nearest(to: directory("a/b"))?.path.starts(with: directory.path) != true)
    let far = try directory.write("", to: ConfigurationFile.projectName)
    let module = try directory.write("", to: "a/b/m.wasm")
    #expect(try ConfigurationFile.nearest(to: module)?.path == far)
    let near = try directory.write("", to: "a/\(ConfigurationFile.projectName)")
    #expect(try ConfigurationFile.nearest(to: module)?.path == near)
    #expect(try ConfigurationFile.nearest(to: directory("a"))?.path == near, "in the directory that is named")
    #expect(try ConfigurationFile.nearest(to: directory("missing/x"))?.path == far)
    try directory.link("link", to: directory("a/b"))
    #expect(try ConfigurationFile.nearest(to: directory("link"))?.path == near, "where a link leads")
  }

  @Test func aListMayBeEmptyUnlessOneIsNeeded() throws {
    #expect(try configuration("lower-caches = []\nexclude = []\n").given["lower-caches"]?.texts == [])
    #expect(Settings.all.filter { $0.complaintIfEmpty != nil }.map(\.key) == ["backends"])
  }

  // MARK: What is refused

  @Test(arguments: [
    ("jobs = 3\nbakend = 'winch'\n", "2: unknown key 'bakend'; did you mean 'backend'?"),
    ("opt_level = 'none'\n", "1: unknown key 'opt_level'; did you mean 'opt-level'?"),
    ("[watch]\npoll = true\n", "1: unknown key 'watch'; the keys are "),
    ("jobs = 1\n\n[hots.winch]\n", "3: unknown key 'hots'; did you mean 'hosts'?"),
    ("[[exclude]]\n", "1: exclude must be a list of patterns, not a list with a table"),
    ("\"entirely different\" = 1\n", "1: unknown key 'entirely different'; the keys are backends, opt-level, cpu, "),
    ("\n\njobs = '3'\n", "3: jobs must be a number from 1 to 1024, not a string"),
    ("jobs = 0\n", "1: jobs must be a number from 1 to 1024, not '0'"),
    ("jobs = 2.5\n", "1: jobs must be a number from 1 to 1024, not '2.5'"),
    ("jobs = true\n", "1: jobs must be a number from 1 to 1024, not true or false"),
    ("timeout = nan\n", "1: timeout must be a number of seconds above 0, not 'nan'"),
    ("timeout = 2020-01-01\n", "1: timeout must be a number of seconds above 0, not a date or time"),
    ("debounce = -1\n", "1: debounce must be a number of milliseconds from 0 to 60000, not '-1'"),
    ("max-module = '1X'\n", "1: max-module must be a size such as 500M or 5Gi, not '1X'"),
    ("poll = 'yes'\n", "1: poll must be true or false, not a string"),
    ("[cpu]\n", "1: cpu must be native, baseline or the name of a processor, not a table"),
    ("opt-level = 'max'\n", "1: opt-level must be none, speed or speed-and-size, not 'max'"),
    (
      "backends = ['winch',\n 'lvm']\n",
      "1: backends must be a list of cranelift, winch, pulley or the name of another compiler, not 'lvm'"
    ),
    (
      "backends = ['winch', 3]\n",
      "1: backends must be a list of cranelift, winch, pulley or the name of another compiler, not a list with a number"
    ),
    (
      "jobs = 1\nbackends = []\n",
      "2: backends must name at least one of cranelift, winch, pulley or the name of another compiler"
    ),
    ("exclude = ''\n", "1: exclude must be a list of patterns, not ''"),
    ("engine = ''\n", "1: engine must be a path, not ''"),
    ("jobs = 1\njobs = 2\n", "2: is not TOML: jobs is set a second time"),
    ("jobs =\n", "1: is not TOML: a value is missing"),
    ("jobs = 1\n\u{0}", "2: is not TOML: a line must be KEY = VALUE or [TABLE]"),
  ]) func whatMakesNoSenseIsRefused(text: String, message: String) throws {
    let refusal = try #require(try refusal(text))
    if message.hasSuffix(" ") { #expect(refusal.hasPrefix(message)) } else { #expect(refusal == message) }
  }

  /// It is not compared with every key letter by letter.
  @Test func aKeyAsLongAsTheFileIsRefusedAtOnce() throws {
    let key = String(repeating: "k", count: 900_000)
    #expect(try refusal("\(key) = 1\n")?.hasPrefix("1: unknown key '\(key)'; the keys are backends, ") == true)
  }

  @Test func bytesThatAreNoTextAreRefused() throws {
    let path = try directory.write([0x61, 0xff], to: "latin.toml")
    let file = try #require(try ConfigurationFile(at: path))
    let failure = #expect(throws: RunFailure.self) { try file.values(isProject: true) }
    #expect(failure?.message == "\(path):1: is not TOML: it is not UTF-8")
  }

  @Test func whatIsNoFileIsRefused() throws {
    let path = try directory.makeDirectory("config.toml")
    let failure = #expect(throws: RunFailure.self) { try ConfigurationFile(at: path) }
    #expect(failure?.message == "\(path): cannot be read: it is not a regular file")
    let large = try directory.write([UInt8](repeating: 0x20, count: 1_000_001), to: "large.toml")
    let tooLarge = #expect(throws: RunFailure.self) { try ConfigurationFile(at: large) }
    #expect(tooLarge?.message == "\(large): cannot be read: it is larger than 1 MB")
  }

  @Test(arguments: ["engine", "cache-dir", "max-size", "exec"])
  func aProjectMayNotDecideWhatRuns(key: String) throws {
    let variable = "WASMPRECOMPILE_" + key.uppercased().replacing("-", with: "_")
    let refusal = try #require(try refusal("jobs = 1\n\(key) = '1B'\n", isProject: true))
    #expect(
      refusal.hasPrefix(
        "2: \(key) may not be set by a project: it decides what code runs, is trusted or is kept; use --\(key), $\(variable) or your own "
      ))
    #expect(refusal.hasSuffix("/wasmprecompile/config.toml"))
    #expect(try self.refusal("\(key) = '1B'\n") == nil, "the user may")
  }

  @Test func aProjectMayNotNameLowerCaches() throws {
    let refusal = try #require(try refusal("lower-caches = ['vendor/cache']\n", isProject: true))
    #expect(
      refusal.hasPrefix(
        """
        1: lower-caches may not be set by a project: it decides what code runs, is trusted or is kept; use --lower-cache, \
        $WASMPRECOMPILE_LOWER_CACHES or your own \

        """))
    #expect(try self.refusal("lower-caches = ['']\n") == "1: lower-caches must be a list of paths, not ''")
    #expect(
      try self.refusal("lower-caches = [1]\n") == "1: lower-caches must be a list of paths, not a list with a number")
    #expect(
      try self.refusal("lower-cache = '/x'\n") == "1: unknown key 'lower-cache'; did you mean 'lower-caches'?")
  }

  /// What a project may take of the machine is for its user to say.
  @Test(arguments: [
    ("timeout", "120", "120.5", "120"), ("max-module", "'1Gi'", "'1025Mi'", "1Gi"),
    ("max-artifact", "'4Gi'", "'5Gi'", "4Gi"), ("max-memory", "'4Gi'", "'1T'", "4Gi"),
  ])
  func aProjectRaisesNoLimit(key: String, most: String, more: String, standard: String) throws {
    func refusal(_ value: String, beside layers: [GivenSettings] = [[:]]) throws -> String? {
      do {
        _ = try file("jobs = 1\n\(key) = \(value)\n").projectValues(beside: layers)
        return nil
      } catch let failure as RunFailure {
        return failure.message
      }
    }
    #expect(try refusal(most) == nil)
    #expect(try refusal(key == "timeout" ? "1" : "'1K'") == nil, "it may lower it")
    let variable = "WASMPRECOMPILE_" + key.uppercased().replacing("-", with: "_")
    let message = try #require(try refusal(more))
    #expect(
      message.hasPrefix(
        "\(directory(ConfigurationFile.projectName)):2: \(key) may not be raised above \(standard) by a project: it bounds "
          + "what a module may take of the machine; raise it with $\(variable) or in your own "))
    #expect(message.hasSuffix("/wasmprecompile/config.toml"))
    let user = try file("\(key) = \(more)\n").values(isProject: false)
    #expect(try refusal(more, beside: [[:], user]) == nil, "its user allows as much")
    let lowered = try file("\(key) = \(key == "timeout" ? "1" : "'1K'")\n").values(isProject: false)
    #expect(try refusal(most, beside: [[:], lowered]) == nil, "the default is always allowed")
  }

  /// A number that suits the project's own machine is no mistake on another one.
  @Test func aProjectStartsNoMoreJobsThanThereAreProcessors() throws {
    let processors = AvailableProcessors.count()
    func jobs(_ text: String) throws -> [String]? { try file(text).projectValues(beside: [[:]])["jobs"]?.texts }
    #expect(try jobs("jobs = 1024\n") == ["\(processors)"])
    #expect(try jobs("jobs = 1\n") == ["1"])
    #expect(try jobs("timeout = 1\n") == nil)
    #expect(try file("jobs = 1024\n").values(isProject: false)["jobs"]?.texts == ["1024"], "its user may")
  }

  // MARK: Tables

  private func tables(_ text: String, isProject: Bool = false) throws -> [NamedTable] {
    let all = Dictionary(uniqueKeysWithValues: Settings.all.map { ($0.key, $0) })
    let settings = ["cpu", "jobs", "engine"].compactMap { all[$0] }
    return try file(text).tables(
      TableSetting(key: "host", isForUsersOnly: true, settings: settings), isProject: isProject)
  }

  private func tableRefusal(_ text: String, isProject: Bool = false) -> String? {
    do {
      _ = try tables(text, isProject: isProject)
      return nil
    } catch {
      let name = "\(directory(ConfigurationFile.projectName)):"
      return (error as? RunFailure).map { String($0.message.dropFirst(name.count)) }
    }
  }

  @Test func aTableOfSettingsHasANameAndLines() throws {
    let tables = try tables(
      """
      rehash = true
      [host.edge]
      cpu = "baseline"
      engine = "edge.so"

      [host."far away"]
      jobs = 2
      """)
    let path = directory(ConfigurationFile.projectName)
    #expect(tables.map(\.name) == ["edge", "far away"])
    #expect(tables.map(\.origin) == [.file(path, line: 2), .file(path, line: 6)])
    #expect(tables.first?.values["cpu"]?.texts == ["baseline"])
    #expect(tables.first?.values["cpu"]?.origin == .file(path, line: 3))
    #expect(
      tables.first?.values["engine"]?.texts == ["\(directory("edge.so"))"], "paths start from the file's directory")
    #expect(tables.last?.values["jobs"]?.texts == ["2"])
    #expect(try self.tables("rehash = true\n").isEmpty)
  }

  @Test(arguments: [
    ("[host.a]\njob = 1\n", "2: unknown key 'job' in [host.a]; did you mean 'jobs'?"),
    ("[host.a]\njobs = 0\n", "2: jobs must be a number from 1 to 1024, not '0'"),
    ("host = 3\n", "1: host must be tables [host.NAME], not a number"),
    ("[[host]]\n", "1: host must be tables [host.NAME], not a list"),
    ("[host]\njobs = 3\n", "2: host.jobs must be a table [host.jobs], not a number"),
  ]) func aTableThatMakesNoSenseIsRefused(text: String, message: String) {
    #expect(tableRefusal(text) == message)
  }

  @Test func aProjectMayHaveNoTableOfUsers() {
    let message = tableRefusal("\n[host.a]\n", isProject: true)
    #expect(
      message?.hasPrefix(
        "2: [host.a] may not be set by a project: it decides what code runs, is trusted or is kept; use your own ")
        == true)
  }

  @Test func aByteOrderMarkIsPassedOver() throws {
    #expect(try configuration("\u{feff}jobs = 3\n").given["jobs"]?.texts == ["3"])
  }

  // MARK: One definition

  /// The long options that a command's help shows.
  private func options(of command: any ParsableCommand.Type) -> Set<String> {
    let lines = command.helpMessage(columns: 200).split(separator: "\n")
    return Set(lines.compactMap { $0.firstMatch(of: #/^\s+(?:-\w, )?--([a-z][a-z-]*)/#).map { String($0.1) } })
  }

  @Test func everyOptionIsASettingOrDecidedNotToBe() {
    // What is asked of one run, or what is said about it.
    let ofOneRun: Set = [
      "watch", "fail-fast", "dry-run", "force", "quiet", "verbose", "explain", "format", "version", "help",
      "files-from", "null", "check", "frozen", "output", "stamp", "depfile", "timings", "trace",
      "like", "engine-config", "hard-links", "verify",
    ]
    let options = options(of: PrecompileCommand.self)
    let settings = Set(Settings.all.map { String($0.option.dropFirst(2)) })
    #expect(settings.isSubset(of: options), "a setting has the name of an option")
    #expect(
      options.subtracting(settings) == ofOneRun,
      "a new option says what it is as a setting, or is in this list if it makes no sense to set it for good")
  }

  /// No command forgets one of its groups.
  @Test(arguments: [
    ["a"], ["path", "a"], ["run", "a"], ["inspect", "a"], ["engines"], ["cache", "dir"], ["cache", "list"],
    ["cache", "stats"], ["cache", "gc"], ["cache", "clear"], ["cache", "verify"],
  ]) func everyGroupOfACommandIsFilled(arguments: [String]) throws {
    let settings = try configuration(
      """
      backends = "winch"
      cpu = "baseline"
      engine = "e.so"
      cache-dir = "c"
      max-size = "5G"
      jobs = 3
      timeout = 7
      max-memory = "3Mi"
      debounce = 1
      color = "never"
      """
    ).given
    let parsed = try CommandLineTool.root(for: arguments).parseAsRoot(arguments)
    var command = try #require(parsed as? any ConfiguredCommand)
    command.fill(from: settings)
    let groups = Mirror(reflecting: command).children.compactMap { $0.value as? any Fillable }
    #expect(!groups.isEmpty)
    for group in groups { #expect(group.isFilled(from: settings), "\(type(of: group))") }
  }

  @Test func everyCommandWithASettingsOptionIsFilled() {
    func commands(below command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
      [command] + command.configuration.subcommands.flatMap(commands)
    }
    let settings = Set(Settings.all.map { String($0.option.dropFirst(2)) })
    for command in [PrecompileCommand.self] + Subcommands.all.flatMap(commands)
    where !options(of: command).isDisjoint(with: settings) {
      #expect(command is any ConfiguredCommand.Type, "\(command) takes \(options(of: command).intersection(settings))")
    }
  }
}

private protocol Fillable {
  func isFilled(from settings: GivenSettings) -> Bool
}

extension ParsedOptions: Fillable {
  fileprivate func isFilled(from settings: GivenSettings) -> Bool {
    "\(Group(given: given, settings))" == "\(wrappedValue)"
  }
}

extension OptionGroup: Fillable where Value: Fillable {
  fileprivate func isFilled(from settings: GivenSettings) -> Bool { wrappedValue.isFilled(from: settings) }
}
