import SystemPackage
import Testing

@testable import Exporting

struct ArtifactExportTests {
  @Test(arguments: [
    ("build/sub/a.wasm", "build", "sub/a.cwasm"), ("./a.wasm", ".", "a.cwasm"), ("/x/y/a.wasm", "/x", "y/a.cwasm"),
    ("/a.wasm", "/", "a.cwasm"), ("../up/a.wasm", "..", "up/a.cwasm"), ("build/a.wasm", "build/a.wasm", "a.cwasm"),
    ("a.wasm", "a.wasm", "a.cwasm"), ("dir/module.bin", "dir/module.bin", "module.bin.cwasm"),
    ("build/.wasm", "build", ".cwasm"), ("b/a.wasm.wasm", "b", "a.wasm.cwasm"),
  ])
  func nameIsThePlaceBelowTheRoot(_ file: String, _ root: String, _ name: String) {
    let file = FilePath(file)
    let root = FilePath(root)
    #expect(ArtifactExport.name(of: file, below: root, suffix: ".cwasm", in: "") == FilePath(name))
    #expect(ArtifactExport.name(of: file, below: root, suffix: ".cwasm", in: "winch") == FilePath("winch/\(name)"))
  }
}
