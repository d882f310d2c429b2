import Foundation
import TestSupport
import Testing

/// The tools that build projects with our files, each the real one.
enum BuildTool: String, CaseIterable {
  case make, ninja

  /// The program: make from the system, ninja from where set-up put it.
  func program() throws -> String {
    switch self {
    case .make: return "make"
    case .ninja:
      let path = "\(EngineUnderTest.packageRoot)/.build/tools/ninja/ninja-1.13.0.data/scripts/ninja"
      try #require(FileManager.default.isExecutableFile(atPath: path), "no \(path): run `make setup-tests` first")
      return path
    }
  }
}

extension Sandbox {
  /// When a file was last changed.
  func modified(_ name: String) -> [Int] {
    var status = stat()
    return lstat(work + "/" + name, &status) == 0 ? [status.st_mtim.tv_sec, status.st_mtim.tv_nsec] : []
  }

  /// Waits until what is written from now on is newer than a file is: file systems' clocks tick some hundred times a
  /// second, and build tools take what is equally old for unchanged.
  func waitUntilNewer(than name: String) throws {
    let probe = "../probe"
    let isNewer = eventually {
      guard (try? write("", to: probe)) != nil else { return false }
      return modified(name).lexicographicallyPrecedes(modified(probe))
    }
    #expect(isNewer)
  }
}
