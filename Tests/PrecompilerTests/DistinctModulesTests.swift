import Scanning
import Testing
import WasmCache
import WasmEngine

@testable import Precompiler

struct DistinctModulesTests {
  private func facts(_ contents: String) -> ModuleFacts {
    ModuleFacts(hash: .generate(Array(contents.utf8)), kind: .coreModule, size: contents.utf8.count)
  }

  @Test func equalContentsAreOneModule() throws {
    let files = try ScannedFiles((0..<300).map { "file\($0)" })
    // In the order of names, of which every third has the same contents.
    var distinct = DistinctModules(of: files.scan, limit: files.scan.count)
    for file in files.scan.indices { distinct.add(file, facts("\(file % 100)")) }
    #expect(distinct.contents.count == 100)
    for (position, content) in distinct.contents.enumerated() {
      #expect(content.facts == facts("\(position)"))
      #expect(content.paths == [position, position + 100, position + 200].map { files.scan[$0].path })
    }
  }

  @Test func nothingIsNothing() throws {
    let files = try ScannedFiles([])
    #expect(DistinctModules(of: files.scan, limit: 0).contents.isEmpty)
  }
}
