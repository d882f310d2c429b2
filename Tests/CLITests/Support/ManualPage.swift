import Foundation
import TestSupport
import Testing

/// A page of the manual as it is committed.
struct ManualPage: Sendable, CustomTestStringConvertible {
  static let directory = "\(EngineUnderTest.packageRoot)/man"

  let name: String
  let section: String
  let text: String

  var testDescription: String { "\(name)(\(section))" }

  /// Where it is installed, below the prefix.
  var place: String { "share/man/man\(section)/\(name).\(section)" }

  /// Every page, in the order of the installed files' names.
  static func all() throws -> [ManualPage] {
    try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { file -> ManualPage? in
      guard let parts = file.wholeMatch(of: #/(wasmprecompile.*)\.([1-9])/#) else { return nil }
      let text = try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
      return ManualPage(name: String(parts.1), section: String(parts.2), text: text)
    }.sorted { $0.place < $1.place }
  }

  static func named(_ name: String) throws -> ManualPage { try #require(try all().first { $0.name == name }) }

  /// What it refers to, as `NAME SECTION`.
  var references: Set<String> {
    Set(text.matches(of: #/(?m)^\.(?:It |Pq )?Xr (\S+ \d)/#).map { String($0.1) })
  }

  /// The options that it explains, or names as those of its command: `--jobs`, `-j`.
  var options: Set<String> { Self.options(in: text.matches(of: #/(?m)^\.(?:It )?Fl (.*)$/#).map { String($0.1) }) }

  /// The options that it explains.
  var explainedOptions: Set<String> { Self.options(in: text.matches(of: #/(?m)^\.It Fl (.*)$/#).map { String($0.1) }) }

  /// - Parameter lines: `j , -jobs Ar n`, each the arguments of a macro.
  private static func options(in lines: [String]) -> Set<String> {
    var options: Set<String> = []
    for line in lines {
      for word in line.components(separatedBy: ",") {
        if let name = word.split(separator: " ").first { options.insert("-" + name) }
      }
    }
    return options
  }
}
