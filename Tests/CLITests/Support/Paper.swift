import Foundation
import TestSupport
import Testing

/// A paper at the top of the repository, whose statements the tests check.
struct Paper: CustomStringConvertible, Sendable {
  /// Every paper.
  static let all = ["README", "ARCHITECTURE", "FORMAT", "SECURITY", "CONTRIBUTING", "CHANGELOG"].map(Paper.init(named:))

  let name: String

  init(named name: String) { self.name = name + ".md" }

  var description: String { name }
  var path: String { "\(EngineUnderTest.packageRoot)/\(name)" }

  func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  func lines() throws -> [Substring] { try text().split(separator: "\n", omittingEmptySubsequences: false) }

  /// The lines of the first fenced block that has this word after its fence.
  ///
  /// - Parameter start: what a line of it begins with.
  func block(_ mark: String, with start: String = "") throws -> [Substring] {
    let lines = try lines()
    let blocks = lines.indices.filter { lines[$0] == "```" + mark }.map { lines[($0 + 1)...].prefix { $0 != "```" } }
    let found = blocks.first { block in block.contains { $0.hasPrefix(start) } }
    return Array(try #require(found, "\(name) has no block \(mark)"))
  }

  /// The cells of the tables' rows, without their heads.
  func rows() throws -> [[String]] {
    try lines().filter { $0.hasPrefix("| ") }.map { row in
      row.dropFirst(2).dropLast(2).split(separator: " | ", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// What stands between backticks, outside of fenced blocks.
  func quoted() throws -> [String] {
    var isFenced = false
    return try lines().flatMap { line in
      if line.hasPrefix("```") { isFenced.toggle() }
      return isFenced ? [] : line.matches(of: #/`([^`]+)`/#).map { String($0.1) }
    }
  }
}
