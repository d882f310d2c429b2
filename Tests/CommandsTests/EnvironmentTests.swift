import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Commands

struct EnvironmentTests {
  @Test func relativePathsStartFromTheWorkingDirectory() throws {
    let text = try #require(getcwd(nil, 0))
    defer { free(text) }
    let here = FilePath(platformString: text)
    #expect(Environment.absolute("a/b") == here.appending("a/b"))
    #expect(Environment.absolute("/a/b") == "/a/b")
    #expect(Environment.absolute("../a") == here.appending("../a"), "links make .. something else than one less")
  }

  @Test func unsetVariablesAreNone() {
    let name = "WASMPRECOMPILE_TEST_IS_NOT_SET"
    #expect(Environment.value(name) == nil && Environment.path(name) == nil && Environment.paths(name).isEmpty)
  }

  @Test func executableIsTheRunningOne() throws {
    let executable = try #require(Environment.executable)
    #expect(executable.removingLastComponent() == (try BuiltExecutable.path().removingLastComponent()))
  }
}
