import ArgumentParser
import LinuxIO
import Precompiler
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Commands
@testable import WasmEngine
@testable import WasmtimeToolchain

/// What configuration files may not say: what makes no sense, and what a project does not decide.
struct ConfigurationRefusalTests: ConfigurationSuite {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

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
}
