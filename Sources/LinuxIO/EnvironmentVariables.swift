internal import CLinux
internal import Glibc

/// Environment variables as bytes, because neither names nor values have to be UTF-8.
package struct EnvironmentVariables: Sendable, ExpressibleByArrayLiteral {
  /// `NAME=VALUE`, each with NUL at its end.
  private(set) var entries: [[CChar]] = []

  /// - Parameter assignments: `NAME=VALUE` texts.
  package init(arrayLiteral assignments: String...) { for text in assignments { append(text) } }

  /// The variables of this process.
  ///
  /// - Parameter beginnings: only those whose `NAME=VALUE` begins with one of these; nil for all.
  package init(inheriting beginnings: [String]? = nil) {
    Self.visitAll { entry in
      if beginnings?.contains(where: { Self.entry(entry, startsWith: $0) }) ?? true {
        entries.append(Array(UnsafeBufferPointer(start: entry, count: strlen(entry) + 1)))
      }
      return true
    }
  }

  /// The names, as bytes.
  package var names: [[UInt8]] {
    entries.map { entry in entry.prefix { $0 != CChar(UInt8(ascii: "=")) && $0 != 0 }.map { UInt8(bitPattern: $0) } }
  }

  /// Adds a `NAME=VALUE` text.
  package mutating func append(_ assignment: String) { entries.append(Array(assignment.utf8CString)) }

  /// Sets a variable, in the place of one of the same name.
  package mutating func set(_ name: String, to value: [UInt8]) {
    remove(name)
    entries.append((Array("\(name)=".utf8) + value + [0]).map { CChar(bitPattern: $0) })
  }

  package mutating func remove(_ name: String) {
    entries.removeAll { entry in entry.withUnsafeBufferPointer { Self.entry($0.baseAddress, startsWith: "\(name)=") } }
  }

  /// Whether this process has a variable whose name begins with a text. Nothing is copied to find that out.
  package static func hasName(startingWith prefix: String) -> Bool {
    var isFound = false
    visitAll { entry in
      isFound = Self.entry(entry, startsWith: prefix)
      return !isFound
    }
    return isFound
  }

  /// Calls `body` with each variable of this process until it returns false.
  private static func visitAll(_ body: (UnsafePointer<CChar>) -> Bool) {
    var next = clinux_environment()
    while let entry = next?.pointee, body(entry) { next = next?.successor() }
  }

  private static func entry(_ entry: UnsafePointer<CChar>?, startsWith text: String) -> Bool {
    entry.map { strncmp($0, text, text.utf8.count) == 0 } ?? false
  }
}
