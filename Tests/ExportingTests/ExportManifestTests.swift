import LinuxIO
import SystemPackage
import Testing

@testable import Exporting

struct ExportManifestTests {
  private func record(_ source: FilePath) -> ExportManifest.Record {
    .init(place: "", source: source, digest: "abc", stamp: .init(inode: 7, size: 8, modified: -9))
  }

  private func bytes(_ name: String, in place: String = "", _ facts: String = "abc 1 2 3") -> [UInt8] {
    Array("wasmprecompile exports 2\0\(name)\0\(place)\0/source\0\(facts)\0".utf8)
  }

  @Test func readsWhatItWrote() {
    var manifest = ExportManifest()
    #expect(ExportManifest(manifest.encoded) == manifest)
    manifest.records["b/two words.cwasm"] = record("/x/two words.wasm")
    manifest.records[FilePath(bytes: [0xff, 0x0a] + Array(".cwasm".utf8))] = record(FilePath(bytes: [0x2f, 0xfe]))
    #expect(ExportManifest(manifest.encoded) == manifest)
    #expect(ExportManifest(bytes("a.cwasm"))?.records.count == 1)
  }

  @Test func anythingElseIsNone() {
    for text in [
      "", "wasmprecompile exports 2", "wasmprecompile exports 3\0", "\0", "wasmprecompile exports 2\0a.cwasm\0",
      "wasmprecompile exports 1\0a.cwasm\0/source\0abc 1 2 3\0",
    ] {
      #expect(ExportManifest(Array(text.utf8)) == nil)
    }
    for facts in ["abc 1 2", "abc 1 2 3 4", "abc -1 2 3", "abc x 2 3", ""] {
      #expect(ExportManifest(bytes("a.cwasm", facts)) == nil)
    }
    // Cut short anywhere, it is another one or none, and names nothing that was not in it.
    let whole = bytes("a.cwasm")
    for length in 0..<whole.count {
      #expect(ExportManifest(Array(whole[..<length]))?.records.isEmpty != false)
    }
  }

  @Test(arguments: ["../a.cwasm", "/etc/a.cwasm", "a/../../b.cwasm", "a", "a.wasm", "a.b-c", "", "..", "a.cwasm/.."])
  func namesThatCouldDoHarmMakeItNone(_ name: String) { #expect(ExportManifest(bytes(name)) == nil) }

  @Test func aPlaceIsWhatTheNameBeginsWith() throws {
    let manifest = try #require(ExportManifest(bytes("edge/winch/a.cwasm", in: "edge/winch")))
    #expect(manifest.records["edge/winch/a.cwasm"]?.place == "edge/winch")
    for place in ["winch", "..", "/", "edge/winch/a.cwasm", "edg"] {
      #expect(ExportManifest(bytes("edge/winch/a.cwasm", in: place)) == nil, "\(place)")
    }
  }
}
