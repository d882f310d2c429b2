import Foundation
import TestSupport

/// A release of wasmtime that set-up fetched: the library, and the Python package that is our independent client.
struct EngineRelease: CustomStringConvertible, Sendable {
  let version: String

  static let standard = EngineRelease(version: EngineUnderTest.version)

  var description: String { version }
  /// The directory that holds this release's Python package.
  var pythonPath: String { "\(EngineUnderTest.packageRoot)/.build/engines/wasmtime-\(version)" }

  /// The path of its library, which has to be there.
  func library() throws -> String { "\(try EngineUnderTest.library(version))" }
}

/// Modules from real programs; a checkout need not have them.
enum Corpus {
  static let path = URL(filePath: "\(EngineUnderTest.packageRoot)").deletingLastPathComponent().appending(
    path: "shared/corpus"
  ).path
  static let isPresent = FileManager.default.fileExists(atPath: path)

  static var modules: [String] { files("modules") }
  static var components: [String] { files("components") }

  private static func files(_ directory: String) -> [String] {
    let folder = path + "/" + directory
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".wasm") }.sorted().map { folder + "/" + $0 }
  }
}
