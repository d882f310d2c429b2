import Crypto
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Caches that came from elsewhere, with an `engine.json` that no writer of ours wrote.
@Suite struct HostileCacheTests {
  /// Fills the cache with a module, and says something else in the `engine.json` of its engine.
  private func fill(_ box: Sandbox, _ key: String, _ value: String) throws -> String {
    try box.write(WasmBinary.returning(1), to: "1.wasm")
    try box.succeed("1.wasm")
    let directory = box.cache + "/v1/engines/" + (try #require(box.engines.first))
    let file = directory + "/engine.json"
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
    var engine = try #require(json as? [String: Any])
    engine[key] = value
    try Array(JSONSerialization.data(withJSONObject: engine)).write(to: FilePath(file))
    return directory
  }

  @Test func aSuffixLeadsNowhere() throws {
    try Sandbox.use { box in
      // An entry's hash would be a directory on the way, and the catalog's artifact the link's target.
      let directory = try fill(box, "suffix", "/../../../../../victim")
      let entry = try #require(box.entries(URL(filePath: directory).lastPathComponent).first)
      try FileManager.default.removeItem(atPath: directory + "/" + entry)
      let way = String(entry.dropLast(".cwasm".count))
      try FileManager.default.createDirectory(atPath: directory + "/" + way, withIntermediateDirectories: false)
      let victim = URL(filePath: directory + "/" + way + "/../../../../../victim").standardizedFileURL.path
      for arguments in [["cache", "verify", "--repair"], ["inspect", "1.wasm"], ["1.wasm"]] as [[Argument]] {
        _ = try box.tool(arguments).run()
        #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: victim)) == nil, "\(arguments)")
        #expect(!FileManager.default.fileExists(atPath: victim), "\(arguments)")
      }
    }
  }

  /// The entry's object is whole, and good for the engine that made it, or it is no artifact.
  @Test(arguments: [true, false]) func anEntryOfAnotherEnginesArtifactIsNone(_ isArtifact: Bool) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "1.wasm")
      try box.succeed("--backend", "winch", "1.wasm")
      let other = try #require(box.succeed("path", "--backend", "winch", "1.wasm").outputLines.first)
      try box.succeed("1.wasm")
      let entry = try #require(box.succeed("path", "1.wasm").outputLines.first)
      var target = try FileManager.default.destinationOfSymbolicLink(atPath: other)
      if !isArtifact {
        let text = Data("no artifact".utf8)
        let name = SHA256.hash(data: text).map { String(format: "%02x", $0) }.joined()
        target = "../../objects/\(name.prefix(2))/\(name.dropFirst(2))"
        let object = (entry as NSString).deletingLastPathComponent + "/" + target
        try FileManager.default.createDirectory(
          atPath: (object as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
        try text.write(to: URL(filePath: object))
      }
      try FileManager.default.removeItem(atPath: entry)
      try FileManager.default.createSymbolicLink(atPath: entry, withDestinationPath: target)

      let lack = "1.wasm: error: the cache has no artifact for cranelift: artifact of another engine; "
      for (command, error) in [
        (["-q", "--frozen", "1.wasm"], lack + "--frozen compiles nothing\n"),
        (["path", "1.wasm"], lack + "make it with --compile\n"),
        (["path", "--verify", "1.wasm"], lack + "make it with --compile\n"),
      ] as [([Argument], String)] {
        let run = try box.tool(command).run()
        #expect(run.ending == .exited(1) && run.output == "", "\(command)")
        #expect(run.errors == error)
      }
      let check = try box.tool("--check", "1.wasm").run()
      #expect(check.ending == .exited(1))
      #expect(check.output == "would compile 1.wasm with cranelift (artifact of another engine)\n")
      #expect(try !box.succeed("inspect", "1.wasm").output.contains(entry))
      let verify = try box.tool("cache", "verify").run()
      #expect(verify.ending == .exited(1))
      #expect(
        verify.errors
          == "\(entry): error: \(isArtifact ? "its artifact is of another engine or other settings" : "its file is no engine's artifact")\n"
      )
      // What runs finds no fault, and says nothing.
      let program = try box.succeed("run", "--invoke", "value", "1.wasm")
      #expect(program.output == "1\n" && program.errors == "")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: entry) != target)
      #expect(try box.succeed("--check", "1.wasm").output == "")
    }
  }

  @Test func aPlainRunMakesItAgain() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "1.wasm")
      try box.succeed("--backend", "winch", "1.wasm")
      let other = try #require(box.succeed("path", "--backend", "winch", "1.wasm").outputLines.first)
      try box.succeed("1.wasm")
      let entry = try #require(box.succeed("path", "1.wasm").outputLines.first)
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: other)
      try FileManager.default.removeItem(atPath: entry)
      try FileManager.default.createSymbolicLink(atPath: entry, withDestinationPath: target)
      let run = try box.succeed("--explain", "1.wasm")
      #expect(run.errorLines.first?.hasSuffix(" (artifact of another engine)") == true, "\(run.errors)")
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }

  @Test(arguments: [[], ["--check"], ["--frozen"], ["path"]] as [[Argument]])
  func anEnginesDirectoryThatIsALinkIsRefused(_ command: [Argument]) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "1.wasm")
      try box.succeed("1.wasm")
      let engine = box.cache + "/v1/engines/" + (try #require(box.engines.first))
      try FileManager.default.moveItem(atPath: engine, toPath: box.cache + "/elsewhere")
      try FileManager.default.createSymbolicLink(atPath: engine, withDestinationPath: "../../elsewhere")
      let run = try box.tool(command + ["1.wasm"]).run()
      #expect(run.ending == .exited(73) && run.output == "")
      #expect(
        run.errors
          == "wasmprecompile: error: \(engine): is not a directory: choose another place, or remove it (--cache-dir)\n")
    }
  }

  @Test func namesFromTheDiskAreShownWithoutEscapes() throws {
    try Sandbox.use { box in
      let directory = try fill(box, "backend", "cr\u{1b}[31mane\n")
      func expectNoEscape() throws {
        for arguments in [["cache", "list"], ["cache", "stats"], ["inspect", "1.wasm"], ["path", "1.wasm"]]
          as [[Argument]]
        {
          let result = try box.tool(arguments).run()
          #expect(!(result.output + result.errors).contains("\u{1b}"), "\(arguments)")
          #expect(!result.output.isEmpty || !result.errors.isEmpty, "\(arguments)")
        }
      }
      try expectNoEscape()
      // Where engine.json tells nothing, the directory's name does.
      let name = URL(filePath: directory).lastPathComponent.replacing("cranelift", with: "cr\u{1b}[31mane")
      try FileManager.default.moveItem(atPath: directory, toPath: "\(box.cache)/v1/engines/\(name)")
      try expectNoEscape()
      #expect(try box.succeed("cache", "list").output.contains("cr\u{fffd}[31mane"))
    }
  }

  @Test func whatCannotBeJudgedIsReportedAndKept() throws {
    try Sandbox.use { box in
      let directory = try fill(box, "record", "x")
      let entry = directory + "/" + (try #require(box.entries(URL(filePath: directory).lastPathComponent).first))
      let object = URL(filePath: entry).resolvingSymlinksInPath().path
      try FileManager.default.removeItem(atPath: entry)
      try FileManager.default.copyItem(atPath: object, toPath: entry)
      let run = try box.tool("cache", "verify", "--repair").run()
      #expect(run.ending == .exited(1))
      #expect(run.output.masked == "1 entry, SIZE: 1 not judged\n")
      #expect(
        run.errors
          == "\(entry): error: is a file, not a link, and cannot be judged: the record in engine.json is not hexadecimal\n"
      )
      #expect(FileManager.default.contentsEqual(atPath: entry, andPath: object))
    }
  }
}
