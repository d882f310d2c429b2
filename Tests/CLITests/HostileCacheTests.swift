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
      let directory = try fill(box, "format", "other")
      let entry = directory + "/" + (try #require(box.entries(URL(filePath: directory).lastPathComponent).first))
      let object = URL(filePath: entry).resolvingSymlinksInPath().path
      try FileManager.default.removeItem(atPath: entry)
      try FileManager.default.copyItem(atPath: object, toPath: entry)
      let run = try box.tool("cache", "verify", "--repair").run()
      #expect(run.ending == .exited(1))
      #expect(run.output.masked == "1 entry, SIZE: 1 not judged\n")
      #expect(
        run.errors
          == "\(entry): error: is a file, not a link, and cannot be judged: the format other is not known here\n")
      #expect(FileManager.default.contentsEqual(atPath: entry, andPath: object))
    }
  }
}
