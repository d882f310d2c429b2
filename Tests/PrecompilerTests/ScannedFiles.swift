import LinuxIO
import PrecompilerTestSupport
import Scanning
import SystemPackage
import TestSupport
import WasmCache
import WasmEngine

@testable import Precompiler

/// Files as a scan finds them, in the order of their names here.
struct ScannedFiles {
  let directory: TemporaryDirectory
  let scan: ScanResult

  init(_ names: [String]) throws {
    let directory = try TemporaryDirectory()
    for name in names { try directory.write("", to: name) }
    self.directory = directory
    scan = ModuleScanner(.init(jobs: 1)).scan(names.map { directory($0) })
  }

  /// A job for each of the files.
  var jobs: [Job] {
    let toolchain = FakeToolchain("fake")
    let target = CompileTarget(
      toolchain, wish: 0, identity: toolchain.identity(), order: 0, caches: OpenCaches(own: nil))
    return scan.map { file in
      let facts = ModuleFacts(hash: .generate(file.path.bytes), kind: .coreModule, size: 8)
      return Job(content: ModuleContent(facts, in: file), target: target, reason: .newModule)
    }
  }
}
