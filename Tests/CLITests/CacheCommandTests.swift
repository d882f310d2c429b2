import Foundation
import Glibc
import TestSupport
import Testing

/// The subcommands that look after the cache and its modules.
@Suite struct CacheCommandTests {
  @Test func theDirectoryComesFromOptionThenVariableThenXdgThenHome() throws {
    try Sandbox.use { box in
      func directory(_ arguments: Argument..., with changes: [String: String?] = [:]) throws -> String {
        var command = box.tool(["cache", "dir"] + arguments)
        for (name, value) in changes { command.environment[name] = value }
        return try command.run().output
      }
      let inHome = "\(box.path)/home/.cache/wasmprecompile\n"
      let variable = ["WASMPRECOMPILE_CACHE_DIR": "/variable", "XDG_CACHE_HOME": "/xdg"]
      let usual = try directory()
      #expect(usual == inHome)
      #expect(try directory(with: ["XDG_CACHE_HOME": nil]) == inHome)
      #expect(try directory(with: ["XDG_CACHE_HOME": "relative/is/ignored"]) == inHome)
      #expect(try directory(with: ["XDG_CACHE_HOME": "/xdg"]) == "/xdg/wasmprecompile\n")
      #expect(try directory(with: variable) == "/variable\n")
      #expect(try directory("--cache-dir", "option", with: variable) == "\(box.work)/option\n")
      #expect(!FileManager.default.fileExists(atPath: box.work + "/option"))
    }
  }

  @Test func verifyFindsAFlippedBitAndRepairMakesItBeCompiledAgain() throws {
    try Sandbox.use { box in
      #expect(try box.succeed("cache", "verify").output == "0 entries, 0 B: all good\n")
      #expect(!FileManager.default.fileExists(atPath: box.cache))
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      #expect(try box.succeed("cache", "verify").output.masked == "3 entries, SIZE: all good\n")

      let entry = try #require(try box.succeed("path", "2.wasm").outputLines.first)
      try flipBit(ofArtifactAt: entry)
      func fault(_ errors: String) -> String { errors.replacing(#/hash to [0-9a-f]{16}…/#, with: "hash to DIGEST…") }
      let corrupt = "\(entry): error: its artifact is corrupt: the bytes hash to DIGEST…, not to its name"
      let found = try box.tool("cache", "verify").run()
      #expect(found.ending == .exited(1))
      #expect(fault(found.errors) == corrupt + "\n")
      #expect(found.output.masked == "3 entries, SIZE: 1 bad; --repair moves them aside\n")

      let repaired = try box.tool("cache", "verify", "--repair").run()
      #expect(repaired.ending == .exited(0))
      #expect(fault(repaired.errors) == corrupt + " (moved aside)\n")
      #expect(repaired.output.masked == "3 entries, SIZE: 1 bad, 1 moved aside\n")
      for option in [[], ["--repair"]] as [[Argument]] {
        let after = try box.succeed(["cache", "verify"] + option)
        #expect(
          after.errors
            == "\(entry): warning: its artifact was corrupt and is moved aside: the next run makes it again\n")
        #expect(after.output.masked == "3 entries, SIZE: 1 moved aside before, all others good\n")
      }
      let path = try box.tool("path", "2.wasm").run()
      #expect(path.ending == .exited(1))
      #expect(
        path.errors
          == "2.wasm: error: the cache has no artifact for cranelift: artifact corrupt; make it with --compile\n")

      let again = try box.succeed(".")
      #expect(again.errorLines.last?.masked == "3 modules: 1 compiled, 2 up to date (SIZE → SIZE in TIME)")
      #expect(try box.succeed("cache", "verify").output.masked == "3 entries, SIZE: all good\n")
      let answer = try box.succeed("path", "2.wasm").outputLines
      #expect(try PythonClient(release: .standard).load(answer.map { .init(use: "value", path: $0) }, in: box) == ["2"])
    }
  }

  @Test func verifyFindsWhatIsMissingAndWhatIsNoLink() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let entries = try ["1.wasm", "2.wasm"].map { try #require(try box.succeed("path", $0).outputLines.first) }
      try FileManager.default.removeItem(at: URL(filePath: entries[0]).resolvingSymlinksInPath())
      try FileManager.default.removeItem(atPath: entries[1])
      try box.write("an artifact of somebody's", to: "stray")
      try FileManager.default.moveItem(atPath: box.work + "/stray", toPath: entries[1])
      let found = try box.tool("cache", "verify").run()
      #expect(found.ending == .exited(1))
      #expect(
        found.errorLines.sorted()
          == [
            "\(entries[0]): error: its artifact is missing",
            "\(entries[1]): error: is not a link to an object of this cache",
          ].sorted())
      #expect(try box.tool("cache", "verify", "--repair").run().ending == .exited(0))
      let again = try box.succeed(".")
      #expect(again.errorLines.last?.masked == "2 modules: 2 compiled, 0 up to date (SIZE → SIZE in TIME)")
    }
  }

  @Test func aCatalogThatIsLostOrNoiseChangesNothing() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed(".")
      let catalog = box.cache + "/v1/catalog.sqlite"
      try #require(FileManager.default.fileExists(atPath: catalog))
      let upToDate = "1 module: nothing to compile, all up to date (TIME)\n"
      try FileManager.default.removeItem(atPath: catalog)
      #expect(try box.succeed(".").errors.masked == upToDate)
      for _ in 1...2 {
        try Data([UInt8](repeating: 0x5a, count: 200_000)).write(to: URL(filePath: catalog))
        let run = try box.succeed(".")
        #expect(run.errors.masked == upToDate)
      }
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let more = try box.succeed(".")
      #expect(more.errorLines.last?.masked == "2 modules: 1 compiled, 1 up to date (SIZE → SIZE in TIME)")
    }
  }

  @Test func pathPrintsWhatTheCacheHasOrWhyItHasNothing() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(11), to: "one.wasm")
      let none = try box.tool("path", "one.wasm").run()
      #expect(none.ending == .exited(1))
      #expect(none.output == "")
      #expect(
        none.errors == "one.wasm: error: the cache has no artifact for cranelift: new module; make it with --compile\n")
      #expect(!FileManager.default.fileExists(atPath: box.cache))

      let made = try box.succeed("path", "--compile", "one.wasm")
      #expect(made.errors == "")
      #expect(made.outputLines.count == 1)
      #expect(try box.succeed("path", "one.wasm").output == made.output)
      #expect(
        try PythonClient(release: .standard).load(made.outputLines.map { .init(use: "value", path: $0) }, in: box)
          == ["11"])

      let both = try box.tool("path", "one.wasm", "--backend", "cranelift", "--backend", "winch").run()
      #expect(both.ending == .exited(1))
      #expect(both.output == "")
      #expect(
        both.errors
          == "one.wasm: error: the cache has no artifact for winch, only for cranelift; make it with --compile\n")

      try box.write(WasmBinary.returning(12), to: "tree/two.wasm")
      let tree = try box.tool("path", "tree").run()
      #expect(
        tree.errors
          == "tree/two.wasm: error: the cache has no artifact for cranelift: new module; make it with --compile\n")

      try FileManager.default.createDirectory(atPath: box.work + "/empty", withIntermediateDirectories: false)
      try box.write(WasmBinary.invalid, to: "bad.wasm")
      try box.write([], to: "nothing.wasm")
      for (arguments, message) in [
        (["nothing.wasm"], "nothing.wasm: error: is empty\n"),
        (["absent.wasm"], "absent.wasm: error: cannot open: no such file or directory, check the spelling\n"),
        (["empty"], "empty: error: is a directory without modules\n"),
        (
          ["--compile", "bad.wasm"],
          """
          bad.wasm: error: is not valid: failed to compile: wasm[0]::function[0]: WebAssembly translation error: Invalid input \
          WebAssembly code at offset 24: type mismatch: expected i32 but nothing on stack

          """
        ),
      ] as [([Argument], String)] {
        let run = try box.tool(["path"] + arguments).run()
        #expect(run.ending == .exited(1))
        #expect(run.output == "")
        #expect(run.errors == message)
      }
    }
  }

  @Test func hashIsTheSha256OfTheFile() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.write(WasmBinary.heavy(size: 3_000_000), to: "large.wasm")
      try box.write([], to: "empty.wasm")
      let ours = try box.succeed("hash", "one.wasm", "large.wasm")
      let theirs = try box.command("sha256sum", ["one.wasm", "large.wasm"]).run()
      #expect(theirs.ending == .exited(0))
      #expect(ours.output == theirs.output)
      let some = try box.tool("hash", "one.wasm", "empty.wasm", "absent.wasm", "large.wasm").run()
      #expect(some.ending == .exited(1))
      #expect(some.output == ours.output)
      #expect(
        some.errors == "empty.wasm: error: is empty\nabsent.wasm: error: cannot be read: no such file or directory\n")
    }
  }
}
