import ArgumentParser
import Testing

@testable import Commands

/// What is parsed without its long lists is what the parser makes of the whole.
struct LongListsTests {
  private static let list = (1...9).map { "\($0).wasm" }

  @Test(arguments: [
    [] + list, ["--exclude", "x"] + list, list + ["--exclude", "x"], ["--exclude=x"] + list + ["-n"],
    ["-j", "2"] + list + ["-q", "y"] + list, ["--"] + list, ["a", "--"] + list + ["-x", "--force"],
    ["-"] + list, list + ["-"], ["--files-from", "-"] + list, ["-j2"] + list,
  ])
  func modulesMeanTheSame(_ arguments: [String]) throws {
    let lists = LongLists(arguments, shortest: 3)
    #expect(lists.arguments.count < arguments.count)
    var restored = try #require(try PrecompileCommand.parseAsRoot(lists.arguments) as? PrecompileCommand)
    restored.restore(lists)
    let whole = try #require(try PrecompileCommand.parseAsRoot(arguments) as? PrecompileCommand)
    #expect("\(restored.invocation)" == "\(whole.invocation)")
  }

  @Test(arguments: [
    ["m.wasm"] + list, ["--cold", "m.wasm"] + list, ["--dir", "d", "m.wasm"] + list, ["--dir=d", "m.wasm"] + list,
    ["m.wasm", "--dir", "x"] + list, ["m.wasm", "--"] + list, ["m.wasm", "-1", "-2", "-3", "-4", "--cold", "-h"],
    ["--", "m.wasm"] + list, ["m.wasm", "a", "--", "b"] + list, ["--invoke", "f", "m.wasm"] + list + ["", "-"],
  ])
  func argumentsOfProgramsMeanTheSame(_ arguments: [String]) throws {
    let arguments = ["run"] + arguments
    let lists = LongLists(arguments, names: 1, endsAtWord: true, shortest: 3)
    #expect(lists.arguments.count < arguments.count, "\(lists.arguments)")
    var restored = try #require(try Subcommands.parseAsRoot(lists.arguments) as? RunCommand)
    restored.restore(lists)
    let whole = try #require(try Subcommands.parseAsRoot(arguments) as? RunCommand)
    #expect(restored.arguments == whole.arguments)
    #expect(restored.module.path == whole.module.path)
    #expect(restored.cold == whole.cold && restored.invoke == whole.invoke)
    #expect(restored.program.directories.count == whole.program.directories.count)
  }

  @Test func sixteenThousandWordsAreParsedInNoTime() throws {
    let words = (1...16_000).map(String.init)
    let clock = ContinuousClock()
    for arguments in [["run", "m.wasm"] + words, ["hash"] + words, ["cache", "list"] + words, ["-n"] + words] {
      let time = try clock.measure {
        let command = try CommandLineTool.root(for: arguments).parseAnyLength(arguments)
        switch command {
        case let run as RunCommand: #expect(run.arguments == words)
        case let hash as HashCommand: #expect(hash.file.count == words.count)
        case let list as CacheCommand.List: #expect(list.path.count == words.count)
        case let precompile as PrecompileCommand: #expect(precompile.invocation.path.count == words.count)
        default: Issue.record("\(command)")
        }
      }
      // The parser alone took over ten seconds; built for tests, and beside others, this takes a tenth of one.
      #expect(time < .seconds(3))
    }
  }

  @Test func aWordThatLooksLikeOurMarkLeavesTheLineAsItIs() {
    let arguments = ["\u{1}wasmprecompile-list-0"] + Self.list
    #expect(LongLists(arguments, shortest: 3).arguments == arguments)
    #expect(LongLists(Self.list, shortest: 9).arguments == Self.list)
  }
}
