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

/// What configuration files and variables say, and what comes of it.
struct ConfigurationTests: ConfigurationSuite {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

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
      trust = ["ci.pub", "/keys/old.pub"]
      sign-with = "ci.sec"
      remote = "grpcs://cache.example:443/wasm"
      remote-upload = "off"
      remote-execute = true
      remote-local-lanes = 2
      remote-platform = ["OSFamily=linux", "pool=a=b"]
      remote-ca = "ca.pem"
      remote-certificate = "me.pem"
      remote-key = "me.key"
      remote-token-file = "/run/token"
      remote-salt = "second"
      remote-timeout = 2.5
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
    #expect(command.signatures.trust.map(\.path) == [directory("ci.pub"), "/keys/old.pub"])
    #expect(command.signatures.signWith?.path == directory("ci.sec"))
    #expect(command.room.maxSize.bytes == 5_000_000_000 && command.room.limit?.isChosen == true)
    let remote = try #require(try command.remote.use())
    #expect(remote.store.name == "grpcs://cache.example:443/wasm" && !remote.stores)
    #expect(command.remote.authorities?.path == directory("ca.pem") && command.remote.tokenFile?.path == "/run/token")
    #expect(remote.executes && remote.localLanes == 2)
    #expect(command.remote.platform.map(\.defaultValueDescription) == ["OSFamily=linux", "pool=a=b"])
    #expect(command.remote.certificate?.path == directory("me.pem") && command.remote.key?.path == directory("me.key"))
    #expect(command.remote.salt == "second" && command.remote.timeout.value == 2.5)
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

}
