import Foundation
import TestSupport
import Testing

/// Files and directories that are named in lists.
@Suite struct ListTests {
  /// Runs the tool with what `input`, a piece of shell, prints on its standard input.
  private func run(_ box: Sandbox, reading input: String, _ arguments: Argument...) throws -> CommandResult {
    try box.command("sh", ["-c", Argument("\(input) | \"$0\" \"$@\""), Argument(box.executable)] + arguments).run()
  }

  private func compiled(_ result: CommandResult) -> [String] {
    result.output.lines.map {
      $0.replacing("would compile ", with: "").replacing(" with cranelift (new module)", with: "")
    }.sorted()
  }

  @Test func aDashStandsForAListOnStandardInput() throws {
    try Sandbox.use { box in
      for (index, name) in ["a.wasm", "b c.wasm", "tree/d.wasm", "more/e.wasm"].enumerated() {
        try box.write(WasmBinary.returning(index), to: name)
      }
      let list = #"printf 'a.wasm\n\nb c.wasm\ntree'"#
      let result = try run(box, reading: list, "-n", "-", "more")
      #expect(result.ending == .exited(0), "\(result.errors)")
      #expect(compiled(result) == ["a.wasm", "b c.wasm", "more/e.wasm", "tree/d.wasm"])
      #expect(
        compiled(try run(box, reading: list, "-n", "--files-from", "-")) == ["a.wasm", "b c.wasm", "tree/d.wasm"])
      let nothing = try run(box, reading: "true", "-")
      #expect(nothing.ending == .exited(0))
      #expect(nothing.errors == "0 modules\n")
    }
  }

  @Test func aListWithNULsThatAreNotAnnouncedIsRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let result = try run(box, reading: #"printf 'a.wasm\0b.wasm\0'"#, "-")
      #expect(result.ending == .exited(64))
      #expect(result.errors == "wasmprecompile: error: standard input: the list has NUL bytes: say so with -0\n")
    }
  }

  @Test func listsWithNULNameEverything() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "two\nlines.wasm")
      try box.write(WasmBinary.returning(2), to: "-")
      try box.write(WasmBinary.returning(3), to: "source")
      try box.rename("source", to: [0xff] + Array(".wasm".utf8))
      try box.write(WasmBinary.returning(4), to: "only/by directory.wasm")
      let names = Array("two\nlines.wasm".utf8) + [0] + Array("-".utf8) + [0, 0xff] + Array(".wasm".utf8) + [0]
      try box.write(names, to: "list")
      let expected = [#"$'\xff.wasm'"#, #"$'two\nlines.wasm'"#, "-"]
      for option: [Argument] in [["-0", "--files-from", "list"], ["--null", "--files-from=list"]] {
        #expect(compiled(try box.succeed(["-n"] + option)) == expected)
      }
      let found = try run(box, reading: "find only -type f -print0", "-n", "-0", "--files-from", "list", "-")
      #expect(compiled(found) == expected + ["only/by directory.wasm"])
    }
  }

  @Test func whatIsListedAndMissingIsNamed() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write("gone.wasm\na.wasm\n", to: "list")
      let result = try box.tool("-n", "--files-from", "list").run()
      #expect(result.ending == .exited(1))
      #expect(result.output == "would compile a.wasm with cranelift (new module)\n")
      #expect(result.errorLines.first == "gone.wasm: error: cannot open: no such file or directory, check the spelling")

      let unreadable = try box.tool("--files-from", "nowhere").run()
      #expect(unreadable.ending == .exited(64))
      #expect(
        unreadable.errors == "wasmprecompile: error: nowhere: the list cannot be read: no such file or directory\n")
      let directory = try box.tool("--files-from", ".").run()
      #expect(directory.errors == "wasmprecompile: error: .: the list cannot be read: is a directory\n")
    }
  }

  @Test(arguments: [
    (["-", "--files-from", "-"], "standard input (-) can be read once only"),
    (["-0", "a.wasm"], "--null goes with - or --files-from"),
    ([], "Missing expected argument '<path> ...'"),
  ]) func refusesWhatMakesNoSense(arguments: [String], message: String) throws {
    try Sandbox.use { box in
      let result = try box.tool(arguments.map { Argument($0) } + ["-q"]).run()
      #expect(result.ending == .exited(64))
      #expect(result.errorLines.first == "Error: \(message)")
      #expect(result.errors.contains("wasmprecompile [<options>] <path> ...\n"))
    }
  }
}
