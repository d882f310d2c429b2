import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import ProgramToolchain

/// Where the parts of a described compiler are found.
struct CompilerSearchTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    for path in ["bin", "lib", "lib/python3.11", "lib/python3.11/site-packages", "share", "share/runtime"] {
      try directory.makeDirectory(path)
    }
  }

  private func find(_ change: (inout CompilerDescription) -> Void = { _ in }) throws -> FoundCompiler {
    var description = CompilerDescription(name: "test")
    description.programs = [.init(name: "tool", candidates: ["tool"])]
    description.commands = [["{tool}", "{input}", "{output}"]]
    change(&description)
    return try CompilerSearch(path: [directory("bin")], home: nil).find(description)
  }

  /// Writes a script as pip does, for a program of a package.
  private func writeScript(importing module: String = "tool_package") throws {
    let text = """
      #!\(directory("bin/python3"))
      # -*- coding: utf-8 -*-
      import re
      import sys
      from \(module) import main
      if __name__ == '__main__':
          sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
          sys.exit(main())
      """
    try makeExecutable(directory.write(text, to: "bin/tool"))
  }

  private func makeExecutable(_ path: FilePath) throws {
    try #require(path.withPlatformString { chmod($0, 0o755) } == 0)
  }

  private static let packages = "lib/python3.11/site-packages"

  @Test(arguments: ["tool", "bin/tool"]) func aScriptOfPipsIsTheProgramThatItStarts(_ place: String) throws {
    try writeScript(importing: "tool_package._cli")
    try directory.makeDirectory("\(Self.packages)/tool_package")
    try directory.makeDirectory("\(Self.packages)/tool_package/bin")
    let program = try directory.write([0x7f] + Array("ELF".utf8), to: "\(Self.packages)/tool_package/\(place)")
    #expect(throws: CompilerMissing.notExecutable(program)) { try find() }
    try makeExecutable(program)
    #expect(try find().main == program)
    #expect(
      try find { $0.programs = [.init(name: "tool", candidates: [directory("bin/tool").string])] }.main == program)
  }

  @Test func oneThatCannotRunDoesNotHideOneThatCan() throws {
    try writeScript(importing: "tool_package._cli")
    try directory.makeDirectory("\(Self.packages)/tool_package")
    let program = try directory.write([0x7f] + Array("ELF".utf8), to: "\(Self.packages)/tool_package/tool")
    try makeExecutable(directory.write("#!/bin/sh\n", to: "bin/other"))
    func names(_ candidates: String...) throws -> FilePath {
      try find { $0.programs = [.init(name: "tool", candidates: candidates)] }.main
    }
    #expect(try names("tool", "other") == directory("bin/other"))
    #expect(throws: CompilerMissing.notExecutable(program)) { try names("tool", "absent") }
  }

  /// Whoever went from Python 3.9 to 3.11 has both directories.
  @Test func theScriptsOwnPythonCounts() throws {
    try writeScript(importing: "tool_package._cli")
    for version in ["3.9", "3.11", "3.12"] {
      let packages = "lib/python\(version)/site-packages/tool_package"
      if version != "3.11" {
        try directory.makeDirectory("lib/python\(version)")
        try directory.makeDirectory("lib/python\(version)/site-packages")
      }
      try directory.makeDirectory(packages)
      try makeExecutable(directory.write([0x7f] + Array("ELF".utf8), to: "\(packages)/tool"))
    }
    #expect(try find().main == directory("lib/python3.12/site-packages/tool_package/tool"), "the newest")
    let text = "#!\(directory("bin/python3.9"))\nfrom tool_package import main\n"
    try makeExecutable(directory.write(text, to: "bin/tool"))
    #expect(try find().main == directory("lib/python3.9/site-packages/tool_package/tool"))
  }

  /// What pip writes where the path of Python is long or has spaces.
  @Test func pipsScriptsForTheShellAreKnown() throws {
    let text =
      "#!/bin/sh\n'''exec' \"\(directory("a b"))/python3.11\" \"$0\" \"$@\"\n' '''\nfrom tool_package import main\n"
    try makeExecutable(directory.write(text, to: "bin/tool"))
    try directory.makeDirectory("\(Self.packages)/tool_package")
    let program = try directory.write([0x7f] + Array("ELF".utf8), to: "\(Self.packages)/tool_package/tool")
    try makeExecutable(program)
    #expect(try find().main == program)
    #expect(PythonWrapper.interpreter(of: directory("bin/tool")) == "\(directory("a b"))/python3.11")
  }

  /// A command without them would make something else.
  @Test func filesThatACommandNamesMustBeThere() throws {
    try makeExecutable(directory.write("#!/bin/sh\n", to: "bin/tool"))
    let missing = "\(directory("share/runtime"))/*.cc"
    #expect(throws: CompilerMissing.file([missing])) {
      try find {
        $0.files = [.init(name: "runtime", candidates: [directory("share/runtime").string])]
        $0.commands = [["{tool}", "{runtime}/*.cc"]]
      }
    }
  }

  @Test(arguments: ["absent", "../tool", "", "tool_package"]) func otherScriptsAreProgramsThemselves(
    _ module: String
  ) throws {
    try writeScript(importing: module)
    try directory.makeDirectory("\(Self.packages)/tool_package")
    // Another script starts another one, and so on.
    try makeExecutable(directory.write("#!/bin/sh\n", to: "\(Self.packages)/tool_package/tool"))
    #expect(try find().main == directory("bin/tool"))
    #expect(PythonWrapper.interpreter(of: directory("bin/tool")) == directory("bin/python3").string)
  }

  @Test func aShellScriptIsAProgramItself() throws {
    try makeExecutable(directory.write("#!/bin/sh\nfrom tool_package import main\n", to: "bin/tool"))
    #expect(try find().main == directory("bin/tool"))
    #expect(PythonWrapper.interpreter(of: "/bin/ls") == nil)
  }

  @Test func placesMayBeToldFromAPrograms() throws {
    try makeExecutable(directory.write("#!/bin/sh\n", to: "bin/tool"))
    let found = try find {
      $0.files = [.init(name: "runtime", candidates: ["{tool}/../../nothing", "{tool}/../../share/runtime"])]
    }
    #expect(found.places["runtime"] == directory("share/runtime").string)
    #expect(throws: CompilerMissing.file([directory("nothing").string])) {
      try find { $0.files = [.init(name: "runtime", candidates: ["{tool}/../../nothing"])] }
    }
  }

  /// `--backend llvm` means what optimizes through LLVM, and what hands C to gcc does not.
  @Test(arguments: [("clang", true), ("clang-14", true), ("gcc-12", false)])
  func whatCompilesItsCDecidesWhetherItIsLLVM(_ name: String, _ isLLVM: Bool) throws {
    for file in ["tool", name] { try makeExecutable(directory.write("#!/bin/sh\n", to: "bin/\(file)")) }
    let bin = try Descriptor.openDirectory(directory("bin"))
    try bin.makeSymbolicLink("c-compiler", to: name)
    let found = try find {
      $0.isLLVM = true
      $0.programs.append(.init(name: "cc", candidates: ["c-compiler"]))
    }
    #expect(found.isLLVM == isLLVM)
    #expect(try find { $0.isLLVM = true }.isLLVM)
    #expect(try !find().isLLVM)
  }
}
