import Foundation
import Glibc
import LinuxIO
import PrecompilerTestSupport
import Scanning
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// Tests of runs above other caches.
protocol LowerCacheSuite {
  var stage: StagedRun { get }
  var toolchain: FakeToolchain { get }
}

extension LowerCacheSuite {
  /// Makes a cache that has some modules.
  func make(_ lower: String, _ names: [String], _ other: FakeToolchain? = nil) throws {
    var request = stage.request(names)
    request.caches.path = stage.directory(lower)
    #expect(try stage.run(request, other ?? FakeToolchain("one")).failed == 0)
  }

  func request(_ names: [String], above lower: String...) -> PrecompileRequest {
    var request = stage.request(names)
    request.caches.lower = lower.map { stage.directory($0) }
    return request
  }

  /// Everything in a directory, with what would change if somebody wrote to it.
  func listing(_ name: String) throws -> String {
    try Tool.shell("find \"$1\" -printf '%p %i %s %m %T@ %C@ %l\\n' | sort", [stage.directory(name).string])
  }

  /// The file that an entry leads to.
  func object(_ target: CompileTarget, _ lower: Int, _ module: WasmHash) throws -> FilePath {
    let entry = target.lower[lower].entryPath(module)
    return FilePath(try Tool.shell("readlink -f \"$1\"", [entry.string]).split(separator: "\n").map(String.init)[0])
  }

  func flip(_ path: FilePath) throws {
    _ = try Tool.shell(
      "chmod u+w \"$1\" && printf X | dd of=\"$1\" bs=1 seek=9 conv=notrunc status=none && chmod u-w \"$1\"",
      [path.string])
  }

  func trouble(_ observer: RecordingObserver) -> [String] {
    observer.said.filter { $0.hasPrefix("lower cache ") }
      .map { $0.replacing("\(stage.directory.path)/", with: "") }
  }
}
