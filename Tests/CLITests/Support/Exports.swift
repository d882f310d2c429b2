import Foundation
import Testing

extension Sandbox {
  /// The artifacts that were exported into a directory, sorted.
  func exports(_ directory: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: work + "/" + directory)
      .filter { $0.hasSuffix(".cwasm") }.sorted()
  }

  /// What the kernel says of a file; it must be there.
  func status(of name: String) throws -> stat {
    var status = stat()
    try #require(lstat(work + "/" + name, &status) == 0, "no \(name)")
    return status
  }
}
